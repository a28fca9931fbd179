"""What an engine's worker does with a task: perform it here, and leave what the command must know.

An engine may run several bundles at once in threads of one process. Here tasks take turns: a worker
then needs the memory of one task (1 GB at most), and what a process keeps between tasks (compiled
kernels, the encoder's table of words) is used by one at a time. Cores are used by more processes:
`--sdk_worker_parallelism`, or one worker pool a core.

An engine may go on with a job whose command has been killed. Its tasks ask, therefore, whether
another command has taken the build over (`pipelines.engines.run_lock`), and fail then.
"""

import contextlib
import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from codecorpus.foundation.errors import CodecorpusError, UsageError
from codecorpus.pipelines.engines import run_lock
from codecorpus.pipelines.engines.heartbeat import send_heartbeats
from codecorpus.pipelines.stages.base import Outcome, Task, is_done, perform
from codecorpus.pipelines.stages.code_version import code_version
from codecorpus.pipelines.stages.context import Build

FAILURE_FILE = "log/errors/failure.txt"
"""Why the job stopped, in our own words: engines wrap them in traces of their own."""

_turn = threading.Lock()


@dataclass(frozen=True)
class Run:
    """A run of the command over an output folder.

    Attributes:
        out: the folder.
        name: as in `log/run`; None: workers do not ask.
    """

    out: str
    name: str | None = None


@contextlib.contextmanager
def worker_turn(run: Run) -> Iterator[Build]:
    """Take this process's turn at a build, giving signs of life.

    Raises:
        StorageError: the folder is not to be seen from here.
        SupersededError: another run has taken this one's place.
        UsageError: this worker has other code than the command that planned the build.
    """
    with _turn:
        build = Build.load(run.out)
        with run_lock.hold_worker_lock(build.folder), send_heartbeats(build.folder):
            if run.name is not None:
                run_lock.require_current_run(build.folder, run.name)
            _one_thread()
            _require_same_code(build)
            yield build


def perform_on_worker(task: Task, run: Run) -> Outcome:
    """Perform a task in this process, unless it is done: engines repeat what a dead worker had.

    Raises:
        SupersededError: another run has taken this one's place; the job is to end.
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
    """Leave an error of ours where the command finds it, and let it stop the job."""
    try:
        yield
    except run_lock.SupersededError:  # nobody waits for this job: the folder is another's
        raise
    except CodecorpusError as error:
        with contextlib.suppress(CodecorpusError):
            Build.load(out).leave_trace(FAILURE_FILE, str(error))
        raise


@functools.cache
def _one_thread() -> None:
    pa.set_cpu_count(1)


def _require_same_code(build: Build) -> None:
    here = code_version()
    if build.plan.code != here:
        raise UsageError(
            f"a worker has other code than this command: {here} instead of {build.plan.code}; "
            "install the same version of codecorpus, and the versions in constraints.txt, there"
        )
