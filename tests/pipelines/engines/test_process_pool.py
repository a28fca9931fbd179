"""Worker processes: one that dies takes nothing with it, and one task may be done by several."""

import multiprocessing
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codecorpus.foundation.errors import RetryableError
from codecorpus.pipelines.engines.process_pool import ProcessPool
from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.resume import clean_up, prepare
from codecorpus.pipelines.stages.artifacts import Artifacts
from codecorpus.pipelines.stages.base import Stage, Task, list_tasks, require_done
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.storage.digests import FileDigest

CHANGES = {"part_bytes": 8_192, "encode": {"sequence_length": 128}}
DEADLY, ONCE = 1, 3


@dataclass(frozen=True)
class Deadly(Stage):
    """One task always kills its worker, one the first time only."""

    tokens: str
    artifacts = Artifacts[dict[str, int]]("deadly")
    by_part = True

    def weights(self, build: Build) -> list[int]:
        del build
        return [1] * 5

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> dict[str, int]:
        del digests, counters
        build.folder.write_bytes(f"log/tried/{index}-{os.getpid()}", b"", {})
        if index == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        if index == ONCE:
            token = Path(self.tokens) / "struck"
            if not token.exists():
                token.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return {}


class Notes:
    """Keeps what a listener is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def stage_started(self, tasks: Any, counters: Counters) -> None: ...
    def task_ended(self, name: str) -> None: ...
    def refresh(self, counters: Counters) -> None: ...

    def message(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Twelve files in six repositories, with near duplicates."""
    chance = random.Random(5)
    for number in range(6):
        folder = tmp_path / "in" / "repositories" / f"r{number}"
        folder.mkdir(parents=True)
        for name in range(2):
            lines = [
                f"def f{name}_{line}(value):\n    return value + {line}\n" for line in range(80)
            ]
            for line in chance.sample(range(80), 2 * number):
                lines[line] = f"# {number} {line}\n"
            (folder / f"{name}.py").write_text("".join(lines))
    return tmp_path / "in"


@pytest.fixture
def planned(inputs: Path, recipe_file: Callable[..., Path], tmp_path: Path) -> Iterator[str]:
    with prepare(load(str(recipe_file(inputs, CHANGES))), tmp_path / "out") as prepared:
        yield prepared.out


def test_a_task_that_kills_its_worker_is_named_and_the_others_go_on(
    planned: str, tmp_path: Path
) -> None:
    progress = Notes()
    with ProcessPool(2) as pool:
        pool.listener = progress
        outcomes = list(pool.run(list_tasks(planned, Deadly(str(tmp_path)))))
    assert sorted(outcome.name for outcome in outcomes) == [f"deadly {n}" for n in range(5)]
    (failed,) = [outcome for outcome in outcomes if outcome.error]
    assert (failed.name, failed.part, failed.permanent) == ("deadly 1", DEADLY, True)
    assert "killed its worker process twice" in str(failed.error)
    assert "part 1 of" in str(failed.error)
    assert "deadly 1" in progress.texts[0]
    tried = [path.name.split("-")[0] for path in (Path(planned) / "log" / "tried").iterdir()]
    assert tried.count("1") in {2, 3}, "twice alone, and perhaps in company"


def test_workers_that_die_again_and_again_end_the_build(
    planned: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codecorpus.pipelines.engines.process_pool._MAX_DEATHS", 2)
    tasks = list_tasks(planned, Deadly(str(tmp_path)))
    with (
        ProcessPool(1) as pool,
        pytest.raises(RetryableError, match=r"died 2 times.*fewer --workers"),
    ):
        list(pool.run(tasks))


def test_nothing_of_a_pool_is_left_when_it_ends(planned: str, tmp_path: Path) -> None:
    """A thread left to the end of the interpreter would race with that."""
    before = set(threading.enumerate())
    with ProcessPool(2):
        pass
    assert set(threading.enumerate()) <= before
    with ProcessPool(2) as pool:
        list(pool.run(list_tasks(planned, Deadly(str(tmp_path)))))
    assert set(threading.enumerate()) <= before
    assert not multiprocessing.active_children()


def perform_all(planned: str, rounds: Callable[[list[Task]], list[list[Task]]]) -> None:
    """All stages, by three at once, each in the rounds that are made of its tasks."""
    with ProcessPool(3) as pool:
        for stage in STAGES:
            for tasks in rounds(list_tasks(planned, stage)):
                outcomes = list(pool.run(tasks))
                assert len(outcomes) == len(tasks)
                require_done(outcomes)
    clean_up(planned)


def test_a_task_done_by_three_at_once_is_as_done_by_one(
    inputs: Path,
    planned: str,
    build: Callable[..., Path],
    digest: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    """As retried and speculative bundles of an engine do it."""
    perform_all(planned, lambda tasks: [[task for task in tasks for _ in range(3)]])
    assert digest(Path(planned)) == digest(build(inputs, tmp_path / "once", changes=CHANGES))


@pytest.mark.slow
def test_every_task_done_by_three_at_once_many_times(
    inputs: Path,
    planned: str,
    build: Callable[..., Path],
    digest: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    def rounds(tasks: list[Task]) -> list[list[Task]]:
        return [random.Random(seed).sample(tasks * 3, 3 * len(tasks)) for seed in range(20)]

    perform_all(planned, rounds)
    assert digest(Path(planned)) == digest(build(inputs, tmp_path / "once", changes=CHANGES))
