"""A build with remote inputs and output equals the same build on a local disk."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from codecorpus.pipelines.inspection.verify import print_verification
from codecorpus.pipelines.inspection.why import print_explanation
from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.resume import clean_up, prepare
from codecorpus.pipelines.stages.base import list_tasks, perform
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.encode import EncodeParts
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.stages.skip_failed import skip_failed_parts
from codecorpus.pipelines.storage import local_cache, open_folder
from codecorpus.pipelines.storage.locations import Location, Url
from tests.pipelines.storage.building import build, digest
from tests.pipelines.storage.stored import writable

STDLIB = Path(sysconfig.get_paths()["stdlib"])


@pytest.fixture
def recipe(bucket: str, tmp_path: Path) -> Path:
    """A recipe of three sources, whose inputs are in a store."""
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    with tarfile.open(inputs / "html.tar.gz", "w:gz") as archive:
        for path in sorted((STDLIB / "html").glob("*.py")):
            archive.add(path, f"html/{path.name}")
    texts = {path.name: path.read_text("utf-8") for path in sorted((STDLIB / "json").glob("*.py"))}
    lines = [{"text": text, "meta": {"pile_set_name": "Github"}} for text in texts.values()]
    rows = [{"content": text, "repo_name": "a/b", "path": name} for name, text in texts.items()]
    for name, objects in (("pile.jsonl.gz", lines), ("clean.json.gz", rows)):
        data = "".join(json.dumps(one) + "\n" for one in objects).encode()
        (inputs / name).write_bytes(gzip.compress(data, mtime=0))
    store = writable(bucket)
    for path in inputs.iterdir():
        store.upload(path, f"{bucket}/in/{path.name}")
    sources = [
        {"type": "folder", "paths": [f"{bucket}/in/*.tar.gz"]},
        {"type": "codeparrot", "paths": [f"{bucket}/in/clean.json.gz"]},
        {"type": "pile", "paths": [f"{bucket}/in/pile.*"]},
    ]
    path = tmp_path / "recipe.yaml"
    near = {"sources": sources, "part_bytes": 65_536, "encode": {"sequence_length": 512}}
    path.write_text(yaml.safe_dump(near, sort_keys=False))
    return path


def build_without_failed(recipe: Path, out: Location) -> None:
    """Run the stages at most twice, the second time without the part that failed."""
    with prepare(load(str(recipe)), out, skip_failed=True) as prepared:
        for _ in range(2):
            for stage in STAGES:
                outcomes = [perform(task) for task in list_tasks(prepared.out, stage)]
                if any(outcome.error for outcome in outcomes):
                    assert skip_failed_parts(prepared.out)
                    break
        clean_up(prepared.out)


def test_a_build_in_a_store_has_the_digest_of_one_on_disk(
    recipe: Path, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = tmp_path / "out", Url(f"{bucket}/out")
    assert build(recipe, here)
    assert not build(recipe, there, tasks=4)
    shutil.rmtree(local_cache.folder())  # as on another machine
    assert not build(recipe, there, tasks=20)
    assert build(recipe, there)
    assert not list(local_cache.folder().rglob("*")), "copies are left"
    assert digest(there) == digest(here)
    print_verification(there, 0)
    assert f"digest: {digest(here)}" in capsys.readouterr().out
    print_explanation(there, "html/html/parser.py")
    assert "html/html/parser.py: kept" in capsys.readouterr().out
    log = open_folder(there).names("log")
    assert "work" not in log
    assert "lock" not in log


@pytest.mark.slow
def test_a_failed_part_is_skipped_as_in_a_local_build(
    recipe: Path, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = EncodeParts.run

    def failing(self: EncodeParts, build: Build, index: int, *arguments: Any) -> Any:
        if index == 1 and build.plan.skipped_part(index) is None:
            raise ZeroDivisionError(f"on purpose in {build.folder.root}/x")
        return run(self, build, index, *arguments)

    monkeypatch.setattr(EncodeParts, "run", failing)
    here, there = tmp_path / "out", Url(f"{bucket}/out")
    build_without_failed(recipe, here)
    build_without_failed(recipe, there)
    manifest = open_folder(there).read_json("manifest.json")
    assert [(part["part"], part["error"]) for part in manifest["skipped"]] == [
        (1, "ZeroDivisionError: on purpose in x")
    ]
    assert digest(there) == digest(here)


@pytest.mark.slow
def test_a_killed_build_resumes_in_a_store(recipe: Path, bucket: str, tmp_path: Path) -> None:
    def command(out: str) -> list[str]:
        arguments = ["build", str(recipe), "--out", out, "--workers", "2"]
        return [sys.executable, "-m", "codecorpus", *arguments]

    here, there = tmp_path / "out", Url(f"{bucket}/out")
    subprocess.run(command(str(here)), check=True, capture_output=True)
    process = subprocess.Popen(
        command(str(there)), stdout=subprocess.DEVNULL, start_new_session=True
    )
    folder = open_folder(there)
    while not folder.exists("log/work/curate"):
        time.sleep(0.1)
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(command(str(there)), check=True, capture_output=True)
    assert digest(there) == digest(here)
