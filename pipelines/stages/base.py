"""Stages and their tasks: small, picklable, each opening, writing and closing its own files.

A stage cuts its work into tasks by what the stages before it left behind, never by the runner or
the number of workers. Performing a task twice, at once or again after a crash, does no harm: its
files are functions of its inputs, and each appears whole. Nothing here knows which engine runs it.
"""

import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from codecorpus.foundation.errors import CodecorpusError, RetryableError
from codecorpus.pipelines.stages.artifacts import AnyArtifacts
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.storage import transfer_stats
from codecorpus.pipelines.storage.digests import FileDigest


class Stage(ABC):
    """One step of a build that many workers share."""

    artifacts: ClassVar[AnyArtifacts]
    """What the stage leaves; also names it."""

    by_part: ClassVar[bool] = False
    """Whether a task is a part of the plan, which a build can do without."""

    @property
    def name(self) -> str:
        """The stage's name, in messages, progress and the manifest."""
        return self.artifacts.stage

    @abstractmethod
    def weights(self, build: Build) -> list[int]:
        """One entry a task: how much work it is, in bytes or the like; large ones start first."""

    @abstractmethod
    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Mapping[str, object]:
        """Do one task, put the digests of what it wrote into `digests`, sum it up."""


@dataclass(frozen=True)
class Task:
    """One task of a stage; crosses processes and machines, so it is only a few words long."""

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
    """What became of a task.

    Attributes:
        name: the task's.
        error: None when it is done.
        lasts: the task would fail again: neither the disk nor an earlier file is to blame.
        part: the part that was worked on, where the stage goes by parts.
    """

    name: str
    error: str | None = None
    lasts: bool = False
    part: int | None = None

    @property
    def stage(self) -> str:
        """The stage of the task."""
        return self.name.rpartition(" ")[0]


class TaskError(CodecorpusError):
    """Tasks of a stage failed; the others are done and need not be done again."""


def list_tasks(out: str, stage: Stage) -> list[Task]:
    """The tasks of a stage that are not done yet, the largest first."""
    build = Build.load(out)
    tasks = [
        Task(out, stage, index, weight)
        for index, weight in enumerate(stage.weights(build))
        if build.marker(stage.artifacts, index) is None
    ]
    return sorted(tasks, key=lambda task: (-task.weight, task.index))


def is_done(task: Task) -> bool:
    """Whether a task's marker and files stand."""
    return Build.load(task.out).marker(task.stage.artifacts, task.index) is not None


def perform(task: Task, counters: Counters | None = None) -> Outcome:
    """Do a task and leave its marker; an error becomes an outcome, so that the others go on."""
    build = Build.load(task.out)
    digests: dict[str, FileDigest] = {}
    wall, processor, before = time.perf_counter(), time.process_time(), transfer_stats.snapshot()
    try:
        summary = task.stage.run(build, task.index, digests, counters or Counters())
        build.leave_marker(task.stage.artifacts, task.index, summary, digests)
        build.leave_timing(
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
    except Exception as error:  # noqa: BLE001 - whatever a rule raises fails its part, no other
        trace = f"log/errors/{task.stage.name}-{task.index:05d}.txt"
        build.leave_trace(trace, traceback.format_exc())
        found = build.damage() if isinstance(error, (OSError, ValueError)) else None
        if found or isinstance(error, OSError):
            return Outcome(task.name, f"{found or error}; trace in {build.folder.where(trace)}")
        return fail(task, f"{type(error).__name__}: {error}", trace)
    return Outcome(task.name)


def fail(task: Task, error: str, trace: str | None = None) -> Outcome:
    """Say that a task fails whenever it is tried; of a part, note it for `--skip-failed`.

    Args:
        task: which one.
        error: what went wrong, without names that another folder or machine would not have.
        trace: the file of the output folder that tells more.
    """
    build = Build.load(task.out)
    told = f"; trace in {build.folder.where(trace)}" if trace else ""
    if not task.stage.by_part:
        return Outcome(task.name, error + told, lasts=True)
    build.leave_failure(task.index, task.stage.name, error)
    of = build.plan.describe(build.folder, task.index)
    return Outcome(task.name, f"{error}{told}; {of}", lasts=True, part=task.index)


def require_done(outcomes: list[Outcome]) -> None:
    """Stop the build if any task of a stage failed.

    Raises:
        TaskError: names the failed tasks and says how to go on.
    """
    failed = sorted({outcome for outcome in outcomes if outcome.error}, key=lambda o: o.name)
    if not failed:
        return
    shown = "\n".join(f"  {outcome.name}: {outcome.error}" for outcome in failed[:5])
    more = f"\n  and {len(failed) - 5} more" if len(failed) > 5 else ""
    lasting = [outcome for outcome in failed if outcome.lasts]
    advice = "run the same command again to try these once more"
    if any(outcome.part is not None for outcome in lasting):
        advice += ", or with --skip-failed to end the build without these parts"
    elif lasting:
        advice += "; --skip-failed cannot leave them out: this stage works on all parts at once"
    raise TaskError(
        f"{len(failed)} of {len(outcomes)} tasks of {failed[0].stage!r} failed:\n{shown}{more}\n"
        f"the others are done and kept; {advice}"
    )
