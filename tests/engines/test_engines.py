"""The same corpus on every engine, and errors that a person can read."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from tests.engines.running import Cluster, Engines, build, digest

PRISM = Path(os.environ.get("ENGINES", "build/engines")) / "prism" / "prism"


def test_the_corpus_has_what_could_differ(local: Path) -> None:
    manifest = json.loads((local / "manifest.json").read_text())
    assert len(manifest["tokens"]) >= 4, "languages"
    assert manifest["counts"]["near_duplicate"] > 5
    assert len(list((local / "documents").iterdir())) >= 5, "parts"


@pytest.mark.parametrize("environment", ["EXTERNAL", "LOOPBACK"])
def test_spark_cluster(
    recipe: Path, local: Path, cluster: Cluster, tmp_path: Path,
    environment: str,
) -> None:  # fmt: skip
    options = cluster.options(environment)
    done = build(recipe, tmp_path / "out", runner="spark", options=options).wait()
    assert done.returncode == 0, done.stderr
    assert "encode: " in done.stderr, "says how far it is"
    assert digest(tmp_path / "out") == digest(local)


def test_flink(recipe: Path, local: Path, engines: Engines, tmp_path: Path) -> None:
    done = build(recipe, tmp_path / "out", runner="flink", options=engines.flink()).wait()
    assert done.returncode == 0, done.stderr
    assert digest(tmp_path / "out") == digest(local)


def test_flink_cluster(recipe: Path, local: Path, flink_cluster: Cluster, tmp_path: Path) -> None:
    options = flink_cluster.options("EXTERNAL")
    done = build(recipe, tmp_path / "out", runner="flink", options=options).wait()
    assert done.returncode == 0, done.stderr
    assert digest(tmp_path / "out") == digest(local)


if PRISM.exists():  # where there is no Go, `make test-engines` says that it is left out

    def test_prism(recipe: Path, local: Path, tmp_path: Path) -> None:
        options = [f"--prism_location={PRISM.resolve()}"]
        done = build(recipe, tmp_path / "out", runner="prism", options=options).wait()
        assert done.returncode == 0, done.stderr
        assert digest(tmp_path / "out") == digest(local)


def test_an_error_names_the_part_and_the_file(
    recipe: Path, engines: Engines, tmp_path: Path
) -> None:
    shutil.copytree(recipe.parent / "repositories" / "json", tmp_path / "repositories" / "json")
    (tmp_path / "repositories" / "torn.tar.gz").write_bytes(os.urandom(3000))
    (tmp_path / "recipe.yaml").write_text("sources: [{type: folder, paths: [repositories]}]\n")
    out = tmp_path / "out"
    done = build(
        tmp_path / "recipe.yaml", out, runner="flink", words=("--strict",), options=engines.flink()
    ).wait()
    assert done.returncode == 1
    assert "tasks of 'curate' failed" in done.stderr
    assert "torn.tar.gz" in done.stderr
    assert "Traceback" not in done.stderr
    assert "java" not in done.stderr


def test_workers_that_cannot_start_end_the_job(
    recipe: Path, engines: Engines, broken_pool: int, tmp_path: Path
) -> None:
    """Beam would wait for good: the pool says that it has started what has ended at once."""
    environment = ["--environment_type=EXTERNAL", f"--environment_config=localhost:{broken_pool}"]
    done = build(
        recipe,
        tmp_path / "out",
        runner="flink",
        words=("--patience", "45"),
        options=engines.flink(*environment),
    ).wait()
    assert done.returncode == 1
    assert "no worker has started: for 45 s nothing has changed" in done.stderr
    assert "run the same command again to resume" in done.stderr


def test_a_job_that_is_interrupted_is_cancelled_and_may_end_elsewhere(
    recipe: Path, local: Path, engines: Engines, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    job = build(recipe, out, runner="flink", options=engines.flink())
    markers = out / "log" / "work" / "curate"
    end = time.monotonic() + 300
    while not list(markers.glob("*.json")) and time.monotonic() < end:
        time.sleep(0.05)
    job.interrupt()
    done = job.wait()
    assert done.returncode == 130, done.stderr
    assert "run the same command again" in done.stderr
    assert build(recipe, out).wait().returncode == 0
    assert digest(out) == digest(local)
