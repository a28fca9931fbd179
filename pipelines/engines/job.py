"""The command's side of a job on an engine: submit, watch, cancel, and say what went wrong.

Everything ends: submitting after a time limit, a job when nothing in the output folder has changed
for as long (`engines.heartbeat`), either with Ctrl-C. What Beam and the engine say on the way
goes into `log/engine.log`.
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
_LOOK_EVERY = 2.0
_CANCELLING = 30.0
"""Seconds that cancelling a job may take."""


def run_job(graph: beam.Pipeline, out: str, *, patience: float, console: Console) -> None:
    """Run a build's graph on the engine that its options name.

    Args:
        graph: the pipeline.
        out: the output folder.
        patience: seconds without a sign of life after which to give up.
        console: where progress is printed.

    Raises:
        CodecorpusError: what failed; what is done stays done.
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
                _watch(job, folder, patience=patience, log=log, console=console)
            except CodecorpusError:
                job.cancel()
                raise
    finally:
        signal.signal(signal.SIGINT, before)
    if job.error is not None:
        raise _explained(job.error, folder, log)


def _log_file(folder: Folder) -> Path:
    """In the output folder, or on this machine if that is elsewhere: it grows line by line."""
    where = folder.where(ENGINE_LOG)
    if "://" in where:
        return Path(tempfile.mkdtemp(prefix="codecorpus-")) / Path(ENGINE_LOG).name
    return Path(where)


class _Job:
    """A job that runs; a thread waits for its end."""

    def __init__(self, result: Any) -> None:  # noqa: ANN401 - each engine has its own
        self.ended = threading.Event()
        self.error: Exception | None = None
        self._result = result
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        try:
            self._result.wait_until_finish()
        except Exception as error:  # noqa: BLE001 - kept for the thread that watches
            self.error = error
        self.ended.set()

    def cancel(self) -> None:
        """Tell the engine to stop, and give it some time to do so."""
        thread = threading.Thread(target=self._cancel, daemon=True)
        thread.start()
        thread.join(_CANCELLING)

    def _cancel(self) -> None:
        with contextlib.suppress(Exception):  # it may have ended, or its server may be gone
            self._result.cancel()


class _OutOfTimeError(BaseException):
    """Submitting takes too long; no mere Exception, since Beam tries again after those."""


def _submit(graph: beam.Pipeline, patience: float, log: Path) -> Any:  # noqa: ANN401
    """Start the engine's job server, if need be, and hand the job over.

    In the main thread, where Beam insists on setting a handler for Ctrl-C.

    Raises:
        InterruptedBuildError: Ctrl-C was pressed.
        EngineError: it cannot be done, or not in time.
    """
    try:
        with _time_limit(patience), killed_with_this_process():
            return graph.run()
    except KeyboardInterrupt:
        raise InterruptedBuildError from None
    except _OutOfTimeError as error:
        raise EngineError(
            f"the job could not be submitted: no job server started and answered within "
            f"{patience:.0f} s; more in {log}"
        ) from error
    except FileNotFoundError as error:
        raise EngineError(
            f"the job could not be submitted: no {error.filename!r} here; job servers of Spark and "
            "Flink need Java 17, under that name or --job_server_java_launcher=FILE"
        ) from error
    except Exception as error:
        raise EngineError(
            f"the job could not be submitted: {type(error).__name__}: {readable_message(str(error))}; "
            f"more in {log}"
        ) from error


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """End the block with an error after some time, or with Ctrl-C."""

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


def _watch(
    job: _Job,
    folder: Folder,
    *,
    patience: float,
    log: Path,
    console: Console,
) -> None:
    """Return when the job has ended.

    Raises:
        InterruptedBuildError: Ctrl-C was pressed.
        EngineError: nothing moves.
    """
    interrupted = threading.Event()
    # In place of Beam's own handler, which stops the job server before the job can be cancelled.
    signal.signal(signal.SIGINT, lambda _number, _frame: interrupted.set())
    lines, watch = ProgressLog(folder, console), HeartbeatMonitor(folder)
    while not job.ended.wait(_LOOK_EVERY):
        if interrupted.is_set():
            raise InterruptedBuildError
        if watch.seconds_since_change(lines.update()) > patience:
            raise EngineError(_silent(watch, folder, patience, log))
    lines.update()


def _silent(watch: HeartbeatMonitor, folder: Folder, patience: float, log: Path) -> str:
    which = "a worker has stopped" if watch.any_seen else "no worker has started"
    return (
        f"{which}: for {patience:.0f} s nothing has changed in {folder.root}. Look at the "
        "workers' own logs: Python with codecorpus must start there, and they must see this folder "
        f"and the inputs under the same names. The engine's words are in {log}. If they only need "
        "longer, give a larger --patience. What is done is kept: the same command goes on"
    )


def _explained(error: Exception, folder: Folder, log: Path) -> CodecorpusError:
    """An engine's error in our own words, if a task left any."""
    with contextlib.suppress(OSError):
        return TaskError(folder.read_bytes(FAILURE_FILE).decode())
    return EngineError(
        f"the job failed: {readable_message(str(error))}; more in {log}; what is done is kept: the same "
        "command goes on"
    )
