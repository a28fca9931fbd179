"""The command's side of a job, with engines that are played."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from codecorpus.foundation.errors import CodecorpusError, InterruptedBuildError
from codecorpus.pipelines.engines.errors import EngineError
from codecorpus.pipelines.engines.job import ENGINE_LOG, run_job
from codecorpus.pipelines.engines.worker import FAILURE_FILE
from codecorpus.pipelines.stages.base import TaskError


@pytest.fixture
def out(planned: str) -> Path:
    return Path(planned)


class Engine:
    """A graph, and its job at once.

    Attributes:
        cancelled: as Beam's jobs, it ends when it is cancelled.
    """

    def __init__(self, work: Callable[[], None] | None) -> None:
        self._work = work
        self.cancelled = threading.Event()

    def run(self) -> "Engine":
        return self

    def wait_until_finish(self) -> None:
        if self._work is None:
            assert self.cancelled.wait(60)
        else:
            self._work()

    def cancel(self) -> None:
        self.cancelled.set()


def run(engine: Any, out: Path, patience: float = 60) -> None:
    run_job(engine, str(out), patience=patience, console=Console(quiet=True))


def test_a_job_that_ends_well_leaves_the_engines_log(out: Path) -> None:
    import logging

    run(Engine(lambda: logging.getLogger("apache_beam.x").warning("said by the engine")), out)
    assert "said by the engine" in (out / ENGINE_LOG).read_text()


def test_a_job_without_a_sign_of_life_is_cancelled(out: Path) -> None:
    engine = Engine(None)
    with pytest.raises(EngineError, match="no worker has started") as caught:
        run(engine, out, patience=1)
    assert engine.cancelled.is_set()
    assert "--patience" in str(caught.value)
    assert caught.value.exit_code == 1


def test_ctrl_c_cancels_the_job(out: Path) -> None:
    engine = Engine(None)
    before = signal.getsignal(signal.SIGINT)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(InterruptedBuildError):
        run(engine, out)
    assert engine.cancelled.is_set()
    assert signal.getsignal(signal.SIGINT) is before


def test_what_our_tasks_say_goes_before_what_the_engine_says(out: Path) -> None:
    def work() -> None:
        (out / FAILURE_FILE).parent.mkdir(parents=True)
        (out / FAILURE_FILE).write_text("1 of 3 tasks of 'curate' failed")
        raise RuntimeError("java.lang.RuntimeException: wrapped")

    with pytest.raises(TaskError, match=r"^1 of 3 tasks of 'curate' failed$"):
        run(Engine(work), out)


def test_what_an_earlier_run_said_is_forgotten(out: Path) -> None:
    (out / FAILURE_FILE).parent.mkdir(parents=True)
    (out / FAILURE_FILE).write_text("an older story")

    def work() -> None:
        raise RuntimeError("Caused by: java.io.IOException: no space")

    with pytest.raises(EngineError, match=r"java\.io\.IOException: no space; see .*engine\.log"):
        run(Engine(work), out)


class Slow(Engine):
    """A job server that never answers; as Beam does, it is tried again after any Exception."""

    def run(self) -> "Engine":
        for _ in range(3):
            with contextlib.suppress(Exception):
                time.sleep(60)
        return self


def test_ctrl_c_ends_submitting(out: Path) -> None:
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(InterruptedBuildError):
        run(Slow(None), out)


class Broken(Engine):
    """A job server that cannot be started."""

    def run(self) -> "Engine":
        raise FileNotFoundError(2, "No such file or directory", "java")


@pytest.mark.parametrize(
    ("engine", "message"),
    [(Slow(None), "no job server started and answered within 1 s"), (Broken(None), "'java'")],
)
def test_submitting_ends_too(out: Path, engine: Engine, message: str) -> None:
    with pytest.raises(CodecorpusError, match=message) as caught:
        run(engine, out, patience=1)
    assert "could not be submitted" in str(caught.value)
