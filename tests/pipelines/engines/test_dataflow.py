"""The job that Dataflow would get, and what is refused before."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.engines.dataflow import check
from codecorpus.pipelines.engines.options import make_options
from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.recipe.model import Recipe

RECIPE = "name: Big Corpus\nsources: [{type: folder, paths: ['gs://corpus/in']}]\n"
OPTIONS = {
    "project": "my-project",
    "region": "europe-west4",
    "temp_location": "gs://corpus/tmp",
    "sdk_container_image": "europe-docker.pkg.dev/my-project/codecorpus/workers:0.1.0",
    "machine_type": "n2-standard-4",
    "max_num_workers": "5",
}


def dry_run(
    folder: Path, *, out: str = "gs://corpus/out", **changes: str
) -> subprocess.CompletedProcess[str]:
    (folder / "recipe.yaml").write_text(RECIPE)
    words_of_beam = [f"--{name}={value}" for name, value in (OPTIONS | changes).items() if value]
    command = ["build", "recipe.yaml", "--out", out, "--runner", "dataflow", "--dry-run"]
    return subprocess.run(
        [sys.executable, "-m", "codecorpus", *command, "--", *words_of_beam],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataflow")
    done = dry_run(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "dataflow-job.json\ndataflow-job.pb\nnothing was submitted\n"
    return folder / "dataflow-job.json"


def test_the_job_says_where_and_on_what_it_runs(job: Path) -> None:
    described = json.loads(job.read_text())
    (pool,) = described["environment"]["workerPools"]
    (image,) = pool["sdkHarnessContainerImages"]
    assert described["name"] == "codecorpus-big-corpus"
    assert image["containerImage"] == OPTIONS["sdk_container_image"]
    assert image["useSingleCorePerContainer"], "a process a core, for tasks take turns in one"
    assert pool["machineType"] == "n2-standard-4"
    assert pool["autoscalingSettings"] == {
        "algorithm": "AUTOSCALING_ALGORITHM_BASIC",
        "maxNumWorkers": 5,
    }
    given_on = described["environment"]["sdkPipelineOptions"]["options"]
    assert given_on["pipelineUrl"].startswith("gs://corpus/tmp/")


def test_nothing_of_this_machine_is_in_the_job(job: Path) -> None:
    here = (str(Path(__file__).parents[3]), str(Path.home()), str(job.parent))
    for path in (job, job.with_suffix(".pb")):
        data = path.read_bytes()
        for place in here:
            assert place.encode() not in data
    staged = beam_runner_api_pb2.Pipeline.FromString(job.with_suffix(".pb").read_bytes())
    for environment in staged.components.environments.values():
        assert not environment.dependencies


def test_the_staged_graph_is_the_whole_build(job: Path) -> None:
    staged = beam_runner_api_pb2.Pipeline.FromString(job.with_suffix(".pb").read_bytes())
    names = {transform.unique_name for transform in staged.components.transforms.values()}
    assert {
        "Curate/Curate/Perform",
        "Encode/Number rows/Perform",
        "Manifest/Manifest/Perform",
    } <= names


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    changes = dict.fromkeys(OPTIONS, "")
    done = dry_run(tmp_path, out="out", **changes)
    assert done.returncode == 2
    for word in ["--out out", *(f"--{name}" for name in OPTIONS)]:
        assert word in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.glob("dataflow-job*"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sdk_container_image": "apache/beam_python3.11_sdk:2.77.0"},
            "does not contain codecorpus",
        ),
        ({"temp_location": "/tmp/x"}, "--temp_location=/tmp/x: give a folder on gs://"),
        ({"temp_location": "gs://B"}, "--temp_location=gs://B: give a folder on gs://"),
        ({"project": "My Project"}, "give the project's id"),
        ({"max_num_workers": "", "autoscaling_algorithm": "NONE"}, "--num_workers: missing"),
    ],
)
def test_each_option_is_checked(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        check(recipe(tmp_path), "gs://corpus/out", given(changes))


def test_inputs_of_this_machine_are_refused(tmp_path: Path) -> None:
    local = recipe(tmp_path, RECIPE.replace("gs://corpus/in", "src"))
    with pytest.raises(UsageError, match=r"input src: not visible to the workers"):
        check(local, "gs://corpus/out", given({}))


def recipe(folder: Path, text: str = RECIPE) -> Recipe:
    (folder / "recipe.yaml").write_text(text)
    return load(str(folder / "recipe.yaml")).recipe


def given(changes: dict[str, str]) -> PipelineOptions:
    words = [f"--{name}={value}" for name, value in (OPTIONS | changes).items() if value]
    return make_options("dataflow", words)
