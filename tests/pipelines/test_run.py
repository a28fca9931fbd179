"""How a build goes on, or does not, when its job has failed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from codecorpus.foundation.errors import InterruptedBuildError
from codecorpus.pipelines.engines.options import make_options
from codecorpus.pipelines.engines.run_lock import RUN_FILE
from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.run import build_corpus
from codecorpus.pipelines.stages.base import TaskError
from codecorpus.pipelines.stages.context import Build


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Two parts, so that one can be left out."""
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "x.py").write_text(f"{name} = 1\n" * 8000)
    path = tmp_path / "recipe.yaml"
    path.write_text("sources: [{type: folder, paths: [in]}]\npart_bytes: 32768\n")
    return path


def build(recipe: Path, job: Callable[[Build], None]) -> None:
    build_corpus(
        load(str(recipe)),
        recipe.parent / "out",
        options=make_options("local", []),
        run=lambda _, out: job(Build.load(out)),
        skip_failed=True,
        console=Console(quiet=True),
    )


def test_tasks_of_the_failed_job_begin_no_more(recipe: Path) -> None:
    runs: list[bytes] = []

    def job(build: Build) -> None:
        runs.append(build.folder.read_bytes(RUN_FILE))
        if len(runs) == 1:
            build.record_failure(0, "curate", "on purpose")
            raise TaskError("1 of 2 tasks failed")

    build(recipe, job)
    assert len(set(runs)) == 2


def test_ctrl_c_is_no_failed_part(recipe: Path) -> None:
    runs: list[bytes] = []

    def job(build: Build) -> None:
        runs.append(build.folder.read_bytes(RUN_FILE))
        build.record_failure(0, "curate", "on purpose")
        raise InterruptedBuildError

    with pytest.raises(InterruptedBuildError):
        build(recipe, job)
    assert len(runs) == 1
