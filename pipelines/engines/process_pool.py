"""Worker processes on this machine.

Beam's own local modes of many threads or processes lose elements (apache-beam 2.77, measured), so
the local runner stays in one process and hands its tasks to this pool. Workers are spawned, not
forked: a fork would copy locks of Arrow's threads. A worker ends with its parent, whatever kills
that. Workers start at once and import what they need while the parent still reads the recipe and
plans, so this module is light: it imports what tasks need in the workers only.

When a worker dies (killed, or out of memory), new ones start, and the tasks that were in flight run
again, each alone: so one that kills its worker then, twice, is known by name, and the others go on.
"""

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, Any, Protocol, Self

from codecorpus.foundation.errors import InterruptedBuildError, RetryableError
from codecorpus.pipelines.stages.counters import Counters

if TYPE_CHECKING:
    from codecorpus.pipelines.stages.base import Outcome, Task


class ProgressListener(Protocol):
    """Whoever shows progress."""

    def begin(self, tasks: "Sequence[Task]", counters: Counters) -> None:
        """A stage begins with these tasks."""

    def finished(self, name: str) -> None:
        """A task is over."""

    def tick(self, counters: Counters) -> None:
        """Called about four times a second while tasks run."""

    def note(self, text: str) -> None:
        """Something that a person should know, though the work goes on."""


_MOST_DEATHS = 20
"""Deaths of workers after which it is the machine, and no task, that is to blame."""

_counters: Counters | None = None


def _start_worker(cells: Any) -> None:  # noqa: ANN401 - a shared array
    global _counters  # noqa: PLW0603 - one per worker process, set once
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    _counters = Counters(cells)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()  # what is imported stays: looking for cycles in it is a tenth of a start
    import pyarrow as pa

    import codecorpus.pipelines.stages.order  # noqa: F401 - so that the first task need not wait

    pa.set_cpu_count(1)
    gc.freeze()
    gc.enable()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _perform(task: "Task") -> "Outcome":
    from codecorpus.pipelines.engines.run_lock import hold_worker_lock
    from codecorpus.pipelines.stages.base import perform
    from codecorpus.pipelines.storage import open_folder
    from codecorpus.pipelines.storage.locations import parse_location

    with hold_worker_lock(open_folder(parse_location(task.out))):
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():
            os._exit(1)  # another build may have begun here before this one was at work
        return perform(task, _counters)


def _do_nothing() -> None:
    """A worker that has nothing to do is started all the same."""


class ProcessPool:
    """Runs tasks in `workers` processes; a context manager.

    Args:
        workers: number of processes; 0 runs each task at once in the calling process.

    Attributes:
        progress: is told of progress, if there is one.
        interrupted: set to stop the work.
    """

    def __init__(self, workers: int) -> None:
        self.interrupted = threading.Event()
        self.progress: ProgressListener | None = None
        self._workers = workers
        self._deaths = 0
        self._context = multiprocessing.get_context("spawn")
        self._cells = self._context.RawArray("q", 3)
        self.counters = Counters(self._cells)
        self._executor = self._start() if workers else None

    def _start(self) -> ProcessPoolExecutor:
        executor = ProcessPoolExecutor(
            self._workers, self._context, initializer=_start_worker, initargs=(self._cells,)
        )
        for _ in range(self._workers):
            executor.submit(_do_nothing)
        return executor

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the workers, at once if they are busy: what they write appears whole or not."""
        if self._executor is None:
            return
        for process in multiprocessing.active_children():
            process.terminate()
        # Its thread must be over before the interpreter ends, which would wake it through a pipe
        # that the thread may be closing then (CPython 3.11: "Bad file descriptor").
        self._executor.shutdown(wait=True, cancel_futures=True)

    def run(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        """Do tasks in the order given, as workers come free; outcomes as they come.

        Raises:
            RetryableError: workers die again and again.
            InterruptedBuildError: `interrupted` was set.
        """
        if self.progress and tasks:
            self.progress.begin(tasks, self.counters)
        for outcome in self._share(tasks) if self._executor else self._perform_inline(tasks):
            if self.progress:
                self.progress.finished(outcome.name)
            yield outcome

    def _perform_inline(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        from codecorpus.pipelines.stages.base import perform

        for task in tasks:
            self._look()
            yield perform(task, self.counters)

    def _share(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        waiting = deque(tasks)
        running: dict[Future[Outcome], Task] = {}
        while waiting or running:
            try:
                while waiting and len(running) <= self._workers:  # one lies ready for the first
                    future = self._submit(waiting[0])
                    running[future] = waiting.popleft()
                for future in self._finished(running):
                    outcome = future.result()
                    del running[future]
                    yield outcome
            except BrokenProcessPool:
                suspects = list(running.values())
                running.clear()
                yield from self._one_by_one(suspects)

    def _one_by_one(self, suspects: "list[Task]") -> "Iterator[Outcome]":
        """Run the tasks of which one may have killed its worker, each alone."""
        from codecorpus.pipelines.stages.base import Outcome, fail, is_done

        names = ", ".join(task.name for task in suspects) or "none"
        self._begin_again(f"tasks in flight, run once more one by one: {names}")
        for task in suspects:
            if is_done(task):  # only its outcome was lost
                yield Outcome(task.name)
                continue
            # Before, it may only have waited: so what counts is two deaths with nothing beside it.
            outcome = self._alone(task) or self._alone(task)
            yield outcome or fail(task, "killed its worker process twice, alone: out of memory?")

    def _alone(self, task: "Task") -> "Outcome | None":
        """Run one task and no other; None: its worker died."""
        try:
            future = self._submit(task)
            while not self._finished([future]):
                pass
            return future.result()
        except BrokenProcessPool:
            self._begin_again(f"it had nothing to do but {task.name}")
            return None

    def _begin_again(self, circumstances: str) -> None:
        """Start new workers in place of those of which one died.

        Raises:
            RetryableError: that happens too often.
        """
        self._deaths += 1
        if self._deaths >= _MOST_DEATHS:
            message = (
                f"a worker process died (killed, or out of memory), the {self._deaths}th time; "
                "what was done is kept: run the same command again, with fewer --workers if memory "
                "was short"
            )
            raise RetryableError(message)
        if self.progress:
            self.progress.note(f"a worker process died (killed, or out of memory); {circumstances}")
        assert self._executor is not None
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._start()

    def _submit(self, task: "Task") -> "Future[Outcome]":
        assert self._executor is not None
        return self._executor.submit(_perform, task)

    def _finished(self, futures: "Iterable[Future[Outcome]]") -> "set[Future[Outcome]]":
        """Those that are over, after a moment at most."""
        done, _ = wait(futures, timeout=0.25, return_when=FIRST_COMPLETED)
        self._look()
        return done

    def _look(self) -> None:
        if self.interrupted.is_set():
            raise InterruptedBuildError
        if self.progress:
            self.progress.tick(self.counters)


_current: list[ProcessPool] = []


def use(pool: ProcessPool) -> None:
    """Make a pool the one that tasks of this process's pipeline run in."""
    _current[:] = [pool]


def current() -> ProcessPool | None:
    """The pool of this process, if any: without one, tasks run where the engine puts them."""
    return _current[0] if _current else None


def forget() -> None:
    """Undo `use`."""
    _current.clear()
