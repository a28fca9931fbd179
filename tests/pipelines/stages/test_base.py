"""Tasks: which are left to do, and what an error in one of them becomes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.foundation.errors import InputError, StorageError
from codecorpus.pipelines.stages.artifacts import Artifacts
from codecorpus.pipelines.stages.base import (
    Outcome,
    Stage,
    Task,
    TaskError,
    fail,
    is_done,
    list_tasks,
    perform,
    require_done,
)
from codecorpus.pipelines.stages.context import FAILED, Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.storage.digests import FileDigest
from tests.pipelines.stages.planned import plan_build

TOY: Artifacts[Any] = Artifacts("toy")


class Toy(Stage):
    """Writes a file for each task, or raises."""

    artifacts = TOY

    def __init__(self, weights: list[int], error: Exception | None = None) -> None:
        self._weights = weights
        self._error = error

    def weights(self, build: Build) -> list[int]:
        del build
        return self._weights

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> dict[str, int]:
        if self._error:
            raise self._error
        build.folder.write_bytes(f"toy-{index}", b"x" * index, digests)
        counters.add(files=1)
        return {"sum": 10 * index}


class ToyOfParts(Toy):
    """The same, a task for each part."""

    by_part = True


def test_a_task_that_is_done_has_its_summary_and_files(tmp_path: Path) -> None:
    build = plan_build(tmp_path)
    counters = Counters()
    task = Task(str(tmp_path), Toy([1, 1, 1]), 2, 1)
    assert not is_done(task)
    assert perform(task, counters) == Outcome("toy 2")
    assert is_done(task)
    assert build.summary(TOY, 2)["sum"] == 20
    assert build.files(TOY, 2) == {"toy-2": build.folder.digest_of("toy-2")}
    assert counters.read() == (0, 1, 0)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 3), max_size=6), st.sets(st.integers(0, 5)))
def test_only_what_is_not_done_is_listed_the_largest_first(
    tmp_path_factory: pytest.TempPathFactory, weights: list[int], done: set[int]
) -> None:
    out = str(plan_build(tmp_path_factory.mktemp("tasks")).folder.root)
    stage = Toy(weights)
    for index in done:
        perform(Task(out, stage, index, 1))
    tasks = list_tasks(out, stage)
    assert {task.index for task in tasks} == set(range(len(weights))) - done
    assert [task.weight for task in tasks] == [weights[task.index] for task in tasks]
    order = [(-task.weight, task.index) for task in tasks]
    assert order == sorted(order)


def test_a_task_whose_file_was_lost_is_not_done(tmp_path: Path) -> None:
    plan_build(tmp_path)
    stage = Toy([1, 1])
    for task in list_tasks(str(tmp_path), stage):
        perform(task)
    (tmp_path / "toy-1").unlink()
    assert [task.index for task in list_tasks(str(tmp_path), stage)] == [1]


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (StorageError("the disk is full"), False),
        (OSError("the disk is full"), False),
        (InputError("the disk is full"), True),
        (ZeroDivisionError("the disk is full"), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_lasts_unless_storage_is_to_blame(
    tmp_path: Path, error: Exception, permanent: bool
) -> None:
    build = plan_build(tmp_path)
    outcome = perform(Task(str(tmp_path), Toy([1], error), 0, 1))
    assert "the disk is full" in str(outcome.error)
    assert (outcome.stage, outcome.permanent, outcome.part) == ("toy", permanent, None)
    assert build.marker(TOY, 0) is None
    unexpected = not isinstance(error, (StorageError, InputError))
    assert build.folder.exists("log/errors/toy-00000.txt") == unexpected


def test_a_part_that_fails_is_noted_without_the_name_of_the_folder(tmp_path: Path) -> None:
    build = plan_build(tmp_path, [0, 0])
    task = Task(str(tmp_path), ToyOfParts([1, 1]), 1, 1)
    outcome = fail(task, f"{tmp_path}/x is bad", "log/errors/x.txt")
    assert (outcome.permanent, outcome.part) == (True, 1)
    assert f"x is bad; trace in {tmp_path}/log/errors/x.txt; part 1 of 2" in str(outcome.error)
    assert build.folder.read_json(f"{FAILED}/00001.json") == {"stage": "toy", "error": "x is bad"}


def test_outcomes_without_an_error_pass() -> None:
    require_done([Outcome("toy 0"), Outcome("toy 1")])


@pytest.mark.parametrize(
    ("failed", "advice"),
    [
        (Outcome("toy 1", "no space"), "to retry these$"),
        (
            Outcome("toy 1", "bad", permanent=True, part=1),
            "or add --skip-failed to finish",
        ),
        (Outcome("toy 1", "bad", permanent=True), "--skip-failed cannot skip them"),
    ],
)
def test_a_failed_task_is_named_with_what_to_do(failed: Outcome, advice: str) -> None:
    with pytest.raises(TaskError, match=advice) as error:
        require_done([Outcome("toy 0"), failed, failed])
    assert f"1 of 3 tasks of 'toy' failed:\n  toy 1: {failed.error}\n" in str(error.value)


def test_five_failed_tasks_are_shown() -> None:
    with pytest.raises(TaskError, match="  toy 4: x\n  and 3 more\n") as error:
        require_done([Outcome(f"toy {index}", "x") for index in range(8)])
    assert "toy 5" not in str(error.value)
