"""Work that grows with the number of files stays in kernels: Python calls are counted, not timed.

Each stage runs over one part of 100 files and one of 1,000, and the calls of functions, Python's
and C's alike, are counted. What a further file adds must be next to nothing, except in curation:
there each file is opened, read and closed, and hashed by one SHA-1 call for its content id, and
the listing of folders names it.
"""

import collections
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.resume import prepare
from codecorpus.pipelines.stages.base import list_tasks, perform, require_done
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.deduplicate.survivors import ChooseSurvivors
from codecorpus.pipelines.stages.encode import EncodeParts, NumberRows
from codecorpus.pipelines.stages.order import STAGES

FEW, MANY = 100, 1_000

MOST_CALLS = 30
"""Calls of curation per additional file: 24 were counted with Python 3.11."""


@contextmanager
def counting(calls: collections.Counter[str], stage: str) -> Iterator[None]:
    """Count the calls of this thread, by stage."""

    def count(_frame: Any, event: str, _argument: Any) -> None:
        if event in {"call", "c_call"}:
            calls[stage] += 1

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)


def calls_by_stage(folder: Path, files: int, recipe_file: Callable[..., Path]) -> dict[str, int]:
    """Calls of each stage for a single part with the given number of files."""
    repository = folder / "repositories" / "one"
    repository.mkdir(parents=True)
    for number in range(files):
        lines = (
            f"def f{number}_{line}(x):\n    return x + {number * line}\n" for line in range(40)
        )
        (repository / f"m{number:04d}.py").write_text("".join(lines))
    recipe = recipe_file(folder, {"part_bytes": 1 << 28, "encode": {"sequence_length": 2048}})
    calls: collections.Counter[str] = collections.Counter()
    with prepare(load(str(recipe)), folder / "out") as prepared:
        for stage in (CurateParts(strict=False), *STAGES[1:]):
            tasks = list_tasks(prepared.out, stage)
            with counting(calls, stage.name):
                outcomes = [perform(task) for task in tasks]
            require_done(outcomes)
    return calls


@pytest.fixture(scope="module")
def added_calls(
    tmp_path_factory: pytest.TempPathFactory, recipe_file: Callable[..., Path]
) -> dict[str, float]:
    """Calls that an additional file adds to each stage."""
    folder = tmp_path_factory.mktemp("counted")
    calls_by_stage(folder / "first", FEW, recipe_file)  # imports and kernels are loaded by it
    few = calls_by_stage(folder / "few", FEW, recipe_file)
    many = calls_by_stage(folder / "many", MANY, recipe_file)
    return {stage: (many[stage] - few[stage]) / (MANY - FEW) for stage in many}


def test_an_additional_file_adds_few_calls_to_curation(added_calls: dict[str, float]) -> None:
    assert added_calls[CurateParts.artifacts.stage] <= MOST_CALLS


def test_an_additional_file_adds_no_calls_to_other_stages(added_calls: dict[str, float]) -> None:
    others = {
        stage: calls for stage, calls in added_calls.items() if stage != CurateParts.artifacts.stage
    }
    assert {
        EncodeParts.artifacts.stage,
        NumberRows.artifacts.stage,
        ChooseSurvivors.artifacts.stage,
    } <= others.keys()
    assert max(others.values()) < 0.1, others
