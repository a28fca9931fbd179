"""The command's side of a job on an engine: submit, monitor, cancel, and report what went wrong.

Nothing waits forever: submitting has a time limit, a job is cancelled when nothing in the output
folder has changed for as long (`engines.heartbeat`), and Ctrl-C ends either. What Beam and the
engine log goes to `log/engine.log`.
"""

import contextlib
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import apache_beam as beam
from rich.console import Console

from codecorpus.foundation.errors import CodecorpusError, InterruptedBuildError
from codecorpus.pipelines.engines.errors import EngineError, readable_message
from codecorpus.pipelines.engines.heartbeat import HEARTBEATS, HeartbeatMonitor
from codecorpus.pipelines.engines.job_servers import killed_with_this_process
from codecorpus.pipelines.engines.progress_log import ProgressLog
from codecorpus.pipelines.engines.quiet_logs import logs_to_file
from codecorpus.pipelines.engines.worker import FAILURE_FILE
from codecorpus.pipelines.stages.base import TaskError
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.storage.folder import Folder

ENGINE_LOG = "log/engine.log"
_POLL_SECONDS = 2.0
_CANCEL_SECONDS = 30.0
"""How long cancelling a job may take."""


def run_job(graph: beam.Pipeline, out: str, *, patience: float, console: Console) -> None:
    """Run a build's graph on the engine that its options name.

    Args:
        graph: the pipeline.
        out: the output folder.
        patience: seconds without activity after which the job is cancelled.
        console: where progress is printed.

    Raises:
        CodecorpusError: what failed; completed tasks are kept.
    """
    folder = Build.load(out).folder
    for earlier in (FAILURE_FILE, HEARTBEATS):
        folder.remove(earlier)
    log = _log_file(folder)
    before = signal.getsignal(signal.SIGINT)
    try:
        with logs_to_file(log):
            job = _Job(_submit(graph, patience, log))
            try:
                _wait(job, folder, patience=patience, log=log, console=console)
            except CodecorpusError:
                job.cancel()
                raise
    finally:
        signal.signal(signal.SIGINT, before)
    if job.error is not None:
        raise _job_error(job.error, folder, log)


def _log_file(folder: Folder) -> Path:
    """The log grows line by line, so for a remote output folder it is on this machine."""
    where = folder.where(ENGINE_LOG)
    if "://" in where:
        return Path(tempfile.mkdtemp(prefix="codecorpus-")) / Path(ENGINE_LOG).name
    return Path(where)


class _Job:
    """A running job; a thread waits for its end."""

    def __init__(self, result: Any) -> None:  # noqa: ANN401 - each engine has its own
        self.ended = threading.Event()
        self.error: Exception | None = None
        self._result = result
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        try:
            self._result.wait_until_finish()
        except Exception as error:  # noqa: BLE001 - raised by the main thread
            self.error = error
        self.ended.set()

    def cancel(self) -> None:
        """Ask the engine to stop the job; wait at most 30 seconds for the answer."""
        thread = threading.Thread(target=self._cancel, daemon=True)
        thread.start()
        thread.join(_CANCEL_SECONDS)

    def _cancel(self) -> None:
        with contextlib.suppress(Exception):  # it may have ended, or its server may be gone
            self._result.cancel()


class _OutOfTimeError(BaseException):
    """Submitting takes too long. Not an Exception, because Beam retries after those."""


def _submit(graph: beam.Pipeline, patience: float, log: Path) -> Any:  # noqa: ANN401
    """Start the engine's job server if needed, and submit the job.

    Must run in the main thread, where Beam installs a handler for Ctrl-C.

    Raises:
        InterruptedBuildError: Ctrl-C was pressed.
        EngineError: the job could not be submitted, or not in time.
    """
    try:
        with _time_limit(patience), killed_with_this_process():
            return graph.run()
    except KeyboardInterrupt:
        raise InterruptedBuildError from None
    except _OutOfTimeError as error:
        raise EngineError(
            f"the job could not be submitted: no job server started and answered within "
            f"{patience:.0f} s; see {log}"
        ) from error
    except FileNotFoundError as error:
        raise EngineError(
            f"the job could not be submitted: {error.filename!r} was not found; the job servers of "
            "Spark and Flink need Java 17: install it, or pass --job_server_java_launcher=FILE"
        ) from error
    except Exception as error:
        reason = readable_message(str(error))
        raise EngineError(
            f"the job could not be submitted: {type(error).__name__}: {reason}; see {log}"
        ) from error


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after some time, or on Ctrl-C."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise _OutOfTimeError

    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _wait(
    job: _Job,
    folder: Folder,
    *,
    patience: float,
    log: Path,
    console: Console,
) -> None:
    """Wait for the job to end, and print its progress.

    Raises:
        InterruptedBuildError: Ctrl-C was pressed.
        EngineError: nothing has changed in the folder for too long.
    """
    interrupted = threading.Event()
    # Replaces Beam's own handler, which stops the job server before the job can be cancelled.
    signal.signal(signal.SIGINT, lambda _number, _frame: interrupted.set())
    progress, monitor = ProgressLog(folder, console), HeartbeatMonitor(folder)
    while not job.ended.wait(_POLL_SECONDS):
        if interrupted.is_set():
            raise InterruptedBuildError
        if monitor.seconds_since_change(progress.update()) > patience:
            raise EngineError(_stalled_message(monitor, folder, patience, log))
    progress.update()


def _stalled_message(monitor: HeartbeatMonitor, folder: Folder, patience: float, log: Path) -> str:
    which = "a worker has stopped" if monitor.any_seen else "no worker has started"
    return (
        f"{which}: for {patience:.0f} s nothing has changed in {folder.root}. Check the "
        "workers' own logs: Python with codecorpus must start there, and they must see this folder "
        f"and the inputs under the same names. The engine's log is {log}. If the workers only need "
        "more time, raise --patience. Completed tasks are kept: run the same command again to "
        "resume"
    )


def _job_error(error: Exception, folder: Folder, log: Path) -> CodecorpusError:
    """The error that a task of ours recorded, or else the engine's."""
    with contextlib.suppress(OSError):
        return TaskError(folder.read_bytes(FAILURE_FILE).decode())
    return EngineError(
        f"the job failed: {readable_message(str(error))}; see {log}; completed tasks are kept: run "
        "the same command again to resume"
    )
