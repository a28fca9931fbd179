"""Stages and their tasks. A task is small and picklable, and opens, writes and closes its files.

How a stage is split into tasks depends on the output of earlier stages, never on the runner or the
number of workers. Running a task twice, concurrently or after a crash, does no harm: its files
depend only on its inputs, and each appears only when it is complete. This module does not know
which engine runs the tasks.
"""

import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from codecorpus.foundation.errors import CodecorpusError, RetryableError
from codecorpus.pipelines.corpus.layout import ERRORS
from codecorpus.pipelines.stages.artifacts import AnyArtifacts
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.storage import transfer_stats
from codecorpus.pipelines.storage.digests import FileDigest


class Stage(ABC):
    """One step of a build that many workers share."""

    artifacts: ClassVar[AnyArtifacts]
    """The files that the stage writes; they also name the stage."""

    by_part: ClassVar[bool] = False
    """Whether each task is a part of the plan, which `--skip-failed` can skip."""

    @property
    def name(self) -> str:
        """The stage's name, in messages, progress and the manifest."""
        return self.artifacts.stage

    def weights(self, build: Build) -> list[int]:
        """The work of each task, in bytes or another unit; large tasks start first.

        A stage is one task unless it overrides this.
        """
        del build
        return [1]

    @abstractmethod
    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Mapping[str, object]:
        """Perform a task, add the digests of its files to `digests`, and return its summary."""


@dataclass(frozen=True)
class Task:
    """One task of a stage; sent between processes and machines, so it is small."""

    out: str
    stage: Stage
    index: int
    weight: int

    @property
    def name(self) -> str:
        """For messages: `curate 3`."""
        return f"{self.stage.name} {self.index}"


@dataclass(frozen=True)
class Outcome:
    """The result of a task.

    Attributes:
        name: the task's name.
        error: None if the task is done.
        permanent: the task would fail again; the cause is not the disk or an earlier file.
        part: the part that failed, if tasks of the stage are parts.
    """

    name: str
    error: str | None = None
    permanent: bool = False
    part: int | None = None

    @property
    def stage(self) -> str:
        """The stage of the task."""
        return self.name.rpartition(" ")[0]


class TaskError(CodecorpusError):
    """Tasks of a stage failed; the others are done and will not be repeated."""


def list_tasks(out: str, stage: Stage) -> list[Task]:
    """The tasks of a stage that are not done yet, largest first."""
    build = Build.load(out)
    tasks = [
        Task(out, stage, index, weight)
        for index, weight in enumerate(stage.weights(build))
        if build.marker(stage.artifacts, index) is None
    ]
    return sorted(tasks, key=lambda task: (-task.weight, task.index))


def is_done(task: Task) -> bool:
    """Whether a task's marker and files exist."""
    return Build.load(task.out).marker(task.stage.artifacts, task.index) is not None


def perform(task: Task, counters: Counters | None = None) -> Outcome:
    """Perform a task and write its marker; errors become outcomes, so that other tasks continue."""
    build = Build.load(task.out)
    digests: dict[str, FileDigest] = {}
    wall, processor, before = time.perf_counter(), time.process_time(), transfer_stats.snapshot()
    try:
        summary = task.stage.run(build, task.index, digests, counters or Counters())
        build.write_marker(task.stage.artifacts, task.index, summary, digests)
        build.log_timing(
            task.stage.name,
            task.index,
            seconds=time.perf_counter() - wall,
            processor_seconds=time.process_time() - processor,
            traffic=transfer_stats.snapshot().since(before),
        )
    except RetryableError as error:
        return Outcome(task.name, str(error))
    except CodecorpusError as error:
        return fail(task, str(error))
    except Exception as error:  # noqa: BLE001 - an error in a rule fails its part only
        trace = f"{ERRORS}/{task.stage.name}-{task.index:05d}.txt"
        build.write_trace(trace, traceback.format_exc())
        found = build.find_damage() if isinstance(error, (OSError, ValueError)) else None
        if found or isinstance(error, OSError):
            return Outcome(task.name, f"{found or error}; trace in {build.folder.where(trace)}")
        return fail(task, f"{type(error).__name__}: {error}", trace)
    return Outcome(task.name)


def fail(task: Task, error: str, trace: str | None = None) -> Outcome:
    """The outcome of a task that would fail again; records a failed part for `--skip-failed`.

    Args:
        task: the task that failed.
        error: the message, without names that differ between folders or machines.
        trace: the file in the output folder that holds the traceback.
    """
    build = Build.load(task.out)
    details = f"; trace in {build.folder.where(trace)}" if trace else ""
    if not task.stage.by_part:
        return Outcome(task.name, error + details, permanent=True)
    build.record_failure(task.index, task.stage.name, error)
    part = build.plan.describe(build.folder, task.index)
    return Outcome(task.name, f"{error}{details}; {part}", permanent=True, part=task.index)


def require_done(outcomes: list[Outcome]) -> None:
    """Stop the build if any task of a stage failed.

    Raises:
        TaskError: names the failed tasks and says what to do.
    """
    failed = sorted({outcome for outcome in outcomes if outcome.error}, key=lambda o: o.name)
    if not failed:
        return
    shown = "\n".join(f"  {outcome.name}: {outcome.error}" for outcome in failed[:5])
    more = f"\n  and {len(failed) - 5} more" if len(failed) > 5 else ""
    permanent = [outcome for outcome in failed if outcome.permanent]
    advice = "run the same command again to retry these"
    if any(outcome.part is not None for outcome in permanent):
        advice += ", or add --skip-failed to finish the build without these parts"
    elif permanent:
        advice += "; --skip-failed cannot skip them: this stage works on all parts at once"
    raise TaskError(
        f"{len(failed)} of {len(outcomes)} tasks of {failed[0].stage!r} failed:\n{shown}{more}\n"
        f"the other tasks are done and will not be repeated; {advice}"
    )
