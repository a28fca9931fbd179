"""What an engine's worker does with a task: perform it, and leave errors where the command looks.

An engine may run several bundles at once in threads of one process. Here tasks take turns: a worker
then needs the memory of one task (1 GB at most), and the state that a process keeps between tasks
(compiled kernels, the encoder's word table) has one user at a time. To use more cores, run more
processes: `--sdk_worker_parallelism`, or one worker pool per core.

An engine may continue a job whose command has been killed. Each task therefore checks whether
another command has taken over the build (`pipelines.engines.run_lock`), and fails if so.
"""

import contextlib
import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from codecorpus.foundation.errors import CodecorpusError, UsageError
from codecorpus.pipelines.corpus.layout import ERRORS
from codecorpus.pipelines.engines import run_lock
from codecorpus.pipelines.engines.heartbeat import send_heartbeats
from codecorpus.pipelines.stages.base import Outcome, Task, is_done, perform
from codecorpus.pipelines.stages.code_version import code_version
from codecorpus.pipelines.stages.context import Build

FAILURE_FILE = f"{ERRORS}/failure.txt"
"""Why the job stopped, in our own words; engines wrap the error in stack traces."""

_turn = threading.Lock()


@dataclass(frozen=True)
class Run:
    """A run of the command over an output folder.

    Attributes:
        out: the folder.
        name: the run's name in `log/run`; None: workers do not check it.
    """

    out: str
    name: str | None = None


@contextlib.contextmanager
def worker_turn(run: Run) -> Iterator[Build]:
    """Take this process's turn to work on a build, and send heartbeats meanwhile.

    Raises:
        StorageError: this machine cannot see the folder.
        SupersededError: another run has taken over.
        UsageError: this worker runs other code than the command that planned the build.
    """
    with _turn:
        build = Build.load(run.out)
        with run_lock.hold_worker_lock(build.folder), send_heartbeats(build.folder):
            if run.name is not None:
                run_lock.require_current_run(build.folder, run.name)
            _limit_arrow_to_one_thread()
            _require_same_code(build)
            yield build


def perform_on_worker(task: Task, run: Run) -> Outcome:
    """Perform a task in this process, unless it is done: engines repeat a dead worker's bundles.

    Raises:
        SupersededError: another run has taken over; this job must end.
    """
    try:
        with worker_turn(run):
            return Outcome(task.name) if is_done(task) else perform(task)
    except run_lock.SupersededError:
        raise
    except CodecorpusError as error:
        return Outcome(task.name, str(error))


@contextlib.contextmanager
def recording_failure(out: str) -> Iterator[None]:
    """Write an error of ours to FAILURE_FILE for the command to read, then let it stop the job."""
    try:
        yield
    except run_lock.SupersededError:  # another command owns the folder; nobody waits for this job
        raise
    except CodecorpusError as error:
        with contextlib.suppress(CodecorpusError):
            Build.load(out).write_trace(FAILURE_FILE, str(error))
        raise


@functools.cache
def _limit_arrow_to_one_thread() -> None:
    pa.set_cpu_count(1)


def _require_same_code(build: Build) -> None:
    found = code_version()
    if build.plan.code != found:
        raise UsageError(
            f"a worker runs other code than this command: {found} instead of {build.plan.code}; "
            "install the same version of codecorpus, and the versions in constraints.txt, there"
        )
