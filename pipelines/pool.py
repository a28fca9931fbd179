"""Worker processes on this machine.

Beam's own local modes of many threads or processes lose elements (apache-beam 2.77, measured), so
the local runner stays in one process and hands its tasks to this pool. Workers are spawned, not
forked: a fork would copy locks of Arrow's threads. A worker ends with its parent, whatever kills
that. Workers start at once and import what they need while the parent still reads the recipe and
plans, so this module is light: it imports what tasks need in the workers only.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, Any, Protocol, Self

from foundation.errors import InterruptedBuildError, RetryableError
from pipelines.counters import Counters

if TYPE_CHECKING:
    from pipelines.tasks import Outcome, Task


class Watcher(Protocol):
    """Whoever shows progress."""

    def begin(self, tasks: "Sequence[Task]", counters: Counters) -> None:
        """A stage begins with these tasks."""

    def finished(self, name: str) -> None:
        """A task is over."""

    def tick(self, counters: Counters) -> None:
        """Called about four times a second while tasks run."""


_counters: Counters | None = None


def _start_worker(cells: Any) -> None:  # noqa: ANN401 - a shared array
    global _counters  # noqa: PLW0603 - one per worker process, set once
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    _counters = Counters(cells)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import pyarrow as pa

    import pipelines.curate
    import pipelines.encode  # noqa: F401 - so that the first task need not wait for it

    pa.set_cpu_count(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _perform(task: "Task") -> "Outcome":
    from pipelines.tasks import perform

    return perform(task, _counters)


def _do_nothing() -> None:
    """A worker that has nothing to do is started all the same."""


class Pool:
    """Runs tasks in `workers` processes; a context manager.

    Args:
        workers: number of processes; 0 runs each task at once in the calling process.

    Attributes:
        watcher: is told of progress, if there is one.
        interrupted: set to stop the work.
    """

    def __init__(self, workers: int) -> None:
        self.interrupted = threading.Event()
        self.watcher: Watcher | None = None
        self._executor: ProcessPoolExecutor | None = None
        context = multiprocessing.get_context("spawn")
        self._cells = context.RawArray("q", 3)
        self.counters = Counters(self._cells)
        if workers:
            self._executor = ProcessPoolExecutor(
                workers, context, initializer=_start_worker, initargs=(self._cells,)
            )
            for _ in range(workers):
                self._executor.submit(_do_nothing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the workers, at once if they are busy: what they write appears whole or not."""
        if self._executor is None:
            return
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
            process.join()

    def run(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        """Do tasks in the order given, as workers come free; outcomes as they come.

        Raises:
            RetryableError: a worker died.
            InterruptedBuildError: `interrupted` was set.
        """
        if self.watcher and tasks:
            self.watcher.begin(tasks, self.counters)
        for outcome in (
            self._perform_inline(tasks) if self._executor is None else self._share(tasks)
        ):
            if self.watcher:
                self.watcher.finished(outcome.name)
            yield outcome

    def _perform_inline(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        from pipelines.tasks import perform

        for task in tasks:
            self._look()
            yield perform(task, self.counters)

    def _share(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        assert self._executor is not None
        try:
            pending = {self._executor.submit(_perform, task) for task in tasks}
            while pending:
                done, pending = wait(pending, timeout=0.25, return_when=FIRST_COMPLETED)
                self._look()
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            message = (
                "a worker process died (killed, or out of memory); what was done is kept: "
                "run the same command again, with fewer --workers if memory was short"
            )
            raise RetryableError(message) from error

    def _look(self) -> None:
        if self.interrupted.is_set():
            raise InterruptedBuildError
        if self.watcher:
            self.watcher.tick(self.counters)


_current: list[Pool] = []


def use(pool: Pool) -> None:
    """Make a pool the one that tasks of this process's pipeline run in."""
    _current[:] = [pool]


def current() -> Pool | None:
    """The pool of this process, if any: without one, tasks run where the engine puts them."""
    return _current[0] if _current else None


def forget() -> None:
    """Undo `use`."""
    _current.clear()
