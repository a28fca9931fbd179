"""A stage as a Beam transform: list the tasks when the previous stage is done, perform each one.

Elements are tasks, not data, so nothing large is ever shuffled. On one machine the in-memory runner
puts all tasks of a stage into one bundle, and the bundle passes them to the process pool. On an
engine each task runs wherever the engine schedules it.
"""

import contextlib
from collections.abc import Iterable, Iterator

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from codecorpus.pipelines.engines import process_pool
from codecorpus.pipelines.engines.worker import (
    Run,
    perform_on_worker,
    recording_failure,
    worker_turn,
)
from codecorpus.pipelines.stages.base import Outcome, Stage, Task, list_tasks, require_done


class RunTasks(beam.DoFn):  # type: ignore[misc]
    """Performs tasks, in this process's pool if it has one."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self._waiting: list[Task] = []

    def process(self, keyed_tasks: tuple[int, Iterable[Task]]) -> Iterator[Outcome]:
        """Perform the tasks of one key, or queue them for the pool until the bundle ends."""
        _, tasks = keyed_tasks
        if process_pool.active_pool():
            self._waiting.extend(tasks)
        else:
            for task in tasks:
                yield perform_on_worker(task, self._run)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Perform the queued tasks in the pool."""
        pool = process_pool.active_pool()
        if pool and self._waiting:
            window = GlobalWindow()
            tasks = sorted(self._waiting, key=lambda task: (-task.weight, task.index))
            self._waiting = []
            for outcome in pool.run(tasks):
                yield WindowedValue(outcome, window.max_timestamp(), [window])


class RunStage(beam.PTransform):  # type: ignore[misc]
    """All tasks of a stage, after all outcomes of the previous stage."""

    def __init__(self, run: Run, stage: Stage) -> None:
        super().__init__()
        self._run = run
        self._stage = stage

    def expand(self, outcomes: beam.PCollection) -> beam.PCollection:
        """Map the outcomes of the previous stage to the outcomes of this one.

        Tasks are keyed by their own index and grouped: Beam's Reshuffle draws random keys and is
        ten steps instead of one; each step costs the local runner about 20 ms to build and start.
        """
        return (
            outcomes.pipeline
            | "Begin" >> beam.Impulse()
            | "List tasks"
            >> beam.FlatMap(self._list, beam.pvalue.AsList(outcomes)).with_output_types(
                tuple[int, Task]
            )
            | "Spread" >> beam.GroupByKey()
            | "Perform" >> beam.ParDo(RunTasks(self._run))
        )

    def _list(self, _: bytes, outcomes: list[Outcome]) -> list[tuple[int, Task]]:
        with _worker_context(self._run):
            require_done(outcomes)
            return [(task.index, task) for task in list_tasks(self._run.out, self._stage)]


class RequireDone(beam.PTransform):  # type: ignore[misc]
    """Fails the job if a task of the last stage failed."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def expand(self, outcomes: beam.PCollection) -> beam.PCollection:
        """Consume the outcomes of the last stage."""
        return outcomes | "Gather" >> beam.combiners.ToList() | "Check" >> beam.Map(self._check)

    def _check(self, outcomes: list[Outcome]) -> None:
        with _worker_context(self._run):
            require_done(outcomes)


@contextlib.contextmanager
def _worker_context(run: Run) -> Iterator[None]:
    """The context of the steps between tasks: on an engine, these run on any worker as well."""
    if process_pool.active_pool():
        yield
    else:
        with recording_failure(run.out), worker_turn(run):
            yield
