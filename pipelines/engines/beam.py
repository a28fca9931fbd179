"""A stage as Beam sees it: list the tasks once the stage before is done, perform each.

Elements are tasks, not data: nothing big is ever shuffled. On one machine the in-memory runner puts
all tasks of a stage into one bundle, and the bundle hands them to the process pool; on an engine
each task runs where the engine puts it.
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
    """Performs tasks, in this process's pool if there is one."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self._waiting: list[Task] = []

    def process(self, spread: tuple[int, Iterable[Task]]) -> Iterator[Outcome]:
        """Perform a task, or put it by until the bundle ends."""
        _, tasks = spread
        if process_pool.current():
            self._waiting.extend(tasks)
        else:
            for task in tasks:
                yield perform_on_worker(task, self._run)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Perform what was put by."""
        workers = process_pool.current()
        if workers and self._waiting:
            window = GlobalWindow()
            tasks = sorted(self._waiting, key=lambda task: (-task.weight, task.index))
            self._waiting = []
            for outcome in workers.run(tasks):
                yield WindowedValue(outcome, window.max_timestamp(), [window])


class RunStage(beam.PTransform):  # type: ignore[misc]
    """All tasks of a stage, after all outcomes of the stage before."""

    def __init__(self, run: Run, stage: Stage) -> None:
        super().__init__()
        self._run = run
        self._stage = stage

    def expand(self, outcomes: beam.PCollection) -> beam.PCollection:
        """From the outcomes of the stage before to the outcomes of this one.

        Tasks are spread by their own numbers: Beam's Reshuffle draws keys, and is ten steps instead
        of one, each of which costs the local runner some 20 ms to build and start.
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
        """From the outcomes of the last stage to nothing."""
        return outcomes | "Gather" >> beam.combiners.ToList() | "Look" >> beam.Map(self._check)

    def _check(self, outcomes: list[Outcome]) -> None:
        with _worker_context(self._run):
            require_done(outcomes)


@contextlib.contextmanager
def _worker_context(run: Run) -> Iterator[None]:
    """What lies around the steps between tasks: on an engine they, too, run anywhere."""
    if process_pool.current():
        yield
    else:
        with recording_failure(run.out), worker_turn(run):
            yield
