"""Ensures that only one build writes to a folder at a time, workers included.

The command that drives a build holds the folder's lock; the lock is released when its process ends.
The build's workers end with it, but one may be inside a kernel when the command is killed, and an
engine may not notice for a while. Therefore:

- Each run writes its name to `log/run`. A worker begins no task of a run whose name is no longer
  there. (A worker of the local pool checks whether its parent process is alive instead.)
- The next build waits for tasks that an earlier run has begun. Workers hold a shared lock on
  `log/working` while they perform a task. An object store has no such locks, so there the next
  build waits until no worker has sent a heartbeat for a while.

So no task of an earlier run writes into a resumed build.
"""

import contextlib
import fcntl
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.engines.heartbeat import HEARTBEATS, INTERVAL, HeartbeatMonitor
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.folder import Folder

RUN_FILE = "log/run"
"""Holds the name of the run whose tasks may begin."""

_WORKER_LOCK_FILE = "log/working"

_PATIENCE = 60.0
"""Seconds to wait for workers of an earlier run; they end when their kernel returns."""

_SILENCE = 2 * INTERVAL + 2.0
"""Seconds without a heartbeat after which no worker is running."""

_POLL_SECONDS = 1.0


class SupersededError(CodecorpusError):
    """The job belongs to a run that another run has replaced."""


@contextlib.contextmanager
def exclusive_run(folder: Folder, *, patience: float = _PATIENCE) -> Iterator[str]:
    """Lock the folder against other builds; yields the name of this run.

    Args:
        folder: the output folder.
        patience: seconds to wait for workers that an earlier build left behind.

    Raises:
        OutputConflictError: another build is running, or workers of an earlier one still are.
    """
    with folder.lock():
        yield start_run(folder, patience=patience)


def start_run(folder: Folder, *, patience: float = _PATIENCE) -> str:
    """Start a new run: let no task of an earlier one begin, and wait for those in progress.

    Args:
        folder: the output folder; its lock must be held.
        patience: seconds to wait.

    Returns:
        The name of the new run.

    Raises:
        OutputConflictError: workers of the earlier run are still running.
    """
    run = uuid.uuid4().hex
    folder.write_bytes(RUN_FILE, run.encode(), {})
    if _is_local(folder):
        _wait_for_worker_lock(folder, patience)
    elif folder.names(HEARTBEATS):
        _wait_for_silence(folder, patience)
    return run


def require_current_run(folder: Folder, run: str) -> None:
    """Refuse to begin a task of a run that is over.

    Raises:
        SupersededError: another run has begun, or the build of this one is complete.
    """
    try:
        current = folder.read_bytes(RUN_FILE).decode()
    except FileNotFoundError:
        current = ""
    if current != run:
        raise SupersededError(
            f"{folder.root}: the command that started this job has ended and another one has "
            "taken over the build; this job stops"
        )


@contextlib.contextmanager
def hold_worker_lock(folder: Folder) -> Iterator[None]:
    """Make the next build wait while this process performs a task; does nothing in a store."""
    if not _is_local(folder):
        yield
        return
    with _open_lock_file(folder) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _is_local(folder: Folder) -> bool:
    return isinstance(folder.root, Path)


def _wait_for_worker_lock(folder: Folder, patience: float) -> None:
    with _open_lock_file(folder) as file:
        give_up = time.monotonic() + patience
        while not _try_exclusive_lock(file):
            if time.monotonic() > give_up:
                raise _workers_running(folder)
            time.sleep(0.02)


def _wait_for_silence(folder: Folder, patience: float) -> None:
    monitor = HeartbeatMonitor(folder)
    give_up = time.monotonic() + patience
    while monitor.seconds_since_change(None) < _SILENCE:
        if time.monotonic() > give_up:
            raise _workers_running(folder)
        time.sleep(_POLL_SECONDS)
    folder.remove(HEARTBEATS)  # so that the next build need not wait


def _workers_running(folder: Folder) -> OutputConflictError:
    return OutputConflictError(
        f"workers of an earlier build, which was killed, are still running in {folder.root}; "
        "end these processes, then run the same command again"
    )


def _open_lock_file(folder: Folder) -> IO[bytes]:
    path = folder.path(_WORKER_LOCK_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


def _try_exclusive_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
