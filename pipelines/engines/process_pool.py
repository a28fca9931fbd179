"""Worker processes on this machine.

Beam's own local modes with several threads or processes lose elements (measured with apache-beam
2.77), so the local runner stays in one process and passes its tasks to this pool. Workers are
spawned rather than forked, because a fork would copy locks held by Arrow's threads. A worker ends
with its parent, however the parent is killed. Workers start immediately and import what they need
while the parent is still reading the recipe and planning; so this module stays light and imports
what tasks need inside the workers only.

When a worker dies (killed, or out of memory), the pool starts new ones and runs the tasks that were
in flight again, one at a time. So a task that kills its worker twice while running alone can be
named, and the others continue.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for_connections
from typing import TYPE_CHECKING, Any, Protocol, Self

from codecorpus.foundation.errors import InterruptedBuildError, RetryableError
from codecorpus.pipelines.stages.counters import Counters

if TYPE_CHECKING:
    from codecorpus.pipelines.stages.base import Outcome, Task


class ProgressListener(Protocol):
    """Receives the progress of a pool's tasks."""

    def stage_started(self, tasks: "Sequence[Task]", counters: Counters) -> None:
        """A stage with these tasks has started."""

    def task_ended(self, name: str) -> None:
        """A task has ended, with or without an error."""

    def refresh(self, counters: Counters) -> None:
        """Called about four times a second while tasks run."""

    def message(self, text: str) -> None:
        """Something that the user should know has happened; the work continues."""


_MAX_DEATHS = 20
"""After this many worker deaths, the machine is to blame rather than a task."""

_counters: Counters | None = None


def _start_worker(cells: Any) -> None:  # noqa: ANN401 - a shared array
    global _counters  # noqa: PLW0603 - one per worker process, set once
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    _counters = Counters(cells)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()  # imported objects stay; collecting among them is a tenth of the start-up time
    import pyarrow as pa  # in the worker only: the parent starts sooner without it

    import codecorpus.pipelines.stages.order  # noqa: F401 - the first task need not wait for it

    pa.set_cpu_count(1)
    gc.freeze()
    gc.enable()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_connections([parent.sentinel])
        os._exit(1)


def _perform(task: "Task") -> "Outcome":
    # In the worker only, as in `_start_worker`.
    from codecorpus.pipelines.engines.run_lock import hold_worker_lock
    from codecorpus.pipelines.stages.base import perform
    from codecorpus.pipelines.storage import open_folder
    from codecorpus.pipelines.storage.locations import parse_location

    with hold_worker_lock(open_folder(parse_location(task.out))):
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():
            os._exit(1)  # another build may have started before this worker held the lock
        return perform(task, _counters)


def _do_nothing() -> None:
    """The task that makes the executor start a worker before there is work."""


class ProcessPool:
    """Runs tasks in `workers` processes; a context manager.

    Args:
        workers: number of processes; 0 runs each task in the calling process.

    Attributes:
        listener: receives progress, if set.
        interrupted: set this event to stop the work.
    """

    def __init__(self, workers: int) -> None:
        self.interrupted = threading.Event()
        self.listener: ProgressListener | None = None
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
        """Stop the workers, even busy ones: files appear only once they are complete."""
        if self._executor is None:
            return
        for process in multiprocessing.active_children():
            process.terminate()
        # The executor's thread must end before the interpreter does, which would wake it through a
        # pipe that the thread may be closing (CPython 3.11: "Bad file descriptor").
        self._executor.shutdown(wait=True, cancel_futures=True)

    def run(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        """Start tasks in the order given as workers become free; yield outcomes as they arrive.

        Raises:
            RetryableError: workers keep dying.
            InterruptedBuildError: `interrupted` was set.
        """
        if self.listener and tasks:
            self.listener.stage_started(tasks, self.counters)
        for outcome in self._distribute(tasks) if self._executor else self._perform_inline(tasks):
            if self.listener:
                self.listener.task_ended(outcome.name)
            yield outcome

    def _perform_inline(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        from codecorpus.pipelines.stages.base import perform  # imports Arrow, see `_start_worker`

        for task in tasks:
            self._poll()
            yield perform(task, self.counters)

    def _distribute(self, tasks: "list[Task]") -> "Iterator[Outcome]":
        waiting = deque(tasks)
        running: dict[Future[Outcome], Task] = {}
        while waiting or running:
            try:
                # One more than there are workers, so that the first free one need not wait.
                while waiting and len(running) <= self._workers:
                    future = self._submit(waiting[0])
                    running[future] = waiting.popleft()
                for future in self._wait_briefly(running):
                    outcome = future.result()
                    del running[future]
                    yield outcome
            except BrokenProcessPool:
                suspects = list(running.values())
                running.clear()
                yield from self._run_one_by_one(suspects)

    def _run_one_by_one(self, suspects: "list[Task]") -> "Iterator[Outcome]":
        """Run each task alone; one of them may have killed its worker."""
        # Imports Arrow, see `_start_worker`.
        from codecorpus.pipelines.stages.base import Outcome, fail, is_done

        names = ", ".join(task.name for task in suspects) or "none"
        self._restart_workers(f"running the tasks in flight again, one by one: {names}")
        for task in suspects:
            if is_done(task):  # only its outcome was lost
                yield Outcome(task.name)
                continue
            # Another task may have killed the worker before: only deaths alone count.
            outcome = self._run_alone(task) or self._run_alone(task)
            yield outcome or fail(task, "killed its worker process twice, alone: out of memory?")

    def _run_alone(self, task: "Task") -> "Outcome | None":
        """Run one task and no other; None: its worker died."""
        try:
            future = self._submit(task)
            while not self._wait_briefly([future]):
                pass
            return future.result()
        except BrokenProcessPool:
            self._restart_workers(f"only {task.name} was running")
            return None

    def _restart_workers(self, circumstances: str) -> None:
        """Replace all workers after one of them died.

        Raises:
            RetryableError: that has happened too often.
        """
        self._deaths += 1
        if self._deaths >= _MAX_DEATHS:
            raise RetryableError(
                f"worker processes have died {self._deaths} times (killed, or out of memory); "
                "completed tasks are kept: run the same command again, with fewer --workers if "
                "memory was short"
            )
        if self.listener:
            self.listener.message(
                f"a worker process died (killed, or out of memory); {circumstances}"
            )
        assert self._executor is not None
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._start()

    def _submit(self, task: "Task") -> "Future[Outcome]":
        assert self._executor is not None
        return self._executor.submit(_perform, task)

    def _wait_briefly(self, futures: "Iterable[Future[Outcome]]") -> "set[Future[Outcome]]":
        """Wait at most 0.25 s for one of the futures; return those that are done."""
        done, _ = wait(futures, timeout=0.25, return_when=FIRST_COMPLETED)
        self._poll()
        return done

    def _poll(self) -> None:
        if self.interrupted.is_set():
            raise InterruptedBuildError
        if self.listener:
            self.listener.refresh(self.counters)


_active: list[ProcessPool] = []


@contextlib.contextmanager
def activate(pool: ProcessPool) -> Iterator[None]:
    """Make this the pool that runs the tasks of this process's pipeline."""
    _active[:] = [pool]
    try:
        yield
    finally:
        _active.clear()


def active_pool() -> ProcessPool | None:
    """The pool set by `activate`; None on an engine's worker, which performs tasks itself."""
    return _active[0] if _active else None
