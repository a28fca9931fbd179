"""One build at a time in a folder, workers included.

The driver of a build holds the folder's lock, which goes with its process. Its workers end with it,
but one may be in the middle of a kernel when the driver is killed, and an engine may not notice for
a while. So each run leaves its name in `log/run`, and a worker begins no task of a run whose name
is no longer there (one of this machine's pool looks whether its driver lives). Tasks that an
earlier run has begun are waited for: workers share `log/working` while they perform one; in an
object store, which has no such locks, the next build waits until nobody gives signs of life. So no
task of an earlier run writes into a resumed one.
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
from codecorpus.pipelines.storage.folder import Folder, RefusedError

RUN_FILE = "log/run"
"""Names the run that may begin tasks."""

_WORKING = "log/working"

_PATIENCE = 60.0
"""Seconds to wait for workers of an earlier run: they end once their kernel returns."""

_SILENCE = 2 * INTERVAL + 2.0
"""Seconds without a sign of life after which nobody is at work."""

_LOOK_EVERY = 1.0


class SupersededError(CodecorpusError):
    """The job of a run that another run has taken the place of."""


@contextlib.contextmanager
def exclusive_run(folder: Folder, *, patience: float = _PATIENCE) -> Iterator[str]:
    """Keep other builds out of the folder; gives the name of this run.

    Args:
        folder: the output folder.
        patience: seconds to wait for workers that an earlier build left behind.

    Raises:
        RefusedError: another build is running, or its workers still are.
    """
    with folder.lock():
        yield start_run(folder, patience=patience)


def start_run(folder: Folder, *, patience: float = _PATIENCE) -> str:
    """Let no task of an earlier run begin any more, and wait for those that have; names a new run.

    Args:
        folder: the output folder, whose lock is held.
        patience: seconds to wait.

    Raises:
        RefusedError: workers of the earlier run still are at work.
    """
    run = uuid.uuid4().hex
    folder.write_bytes(RUN_FILE, run.encode(), {})
    if _is_local(folder):
        _wait_for_workers(folder, patience)
    elif folder.names(HEARTBEATS):
        _wait_for_silence(folder, patience)
    return run


def require_current_run(folder: Folder, run: str) -> None:
    """Refuse to begin a task of a run that is over.

    Raises:
        SupersededError: another run has begun, or this one's build is complete.
    """
    try:
        now = folder.read_bytes(RUN_FILE).decode()
    except FileNotFoundError:
        now = ""
    if now != run:
        raise SupersededError(
            f"{folder.root}: the command that began this job has ended, and another goes on with "
            "the build; this job ends"
        )


@contextlib.contextmanager
def hold_worker_lock(folder: Folder) -> Iterator[None]:
    """Keep the next build waiting while this process performs a task of the folder's build."""
    if not _is_local(folder):
        yield
        return
    with _open(folder) as working:
        fcntl.flock(working, fcntl.LOCK_SH)
        yield


def _is_local(folder: Folder) -> bool:
    return isinstance(folder.root, Path)


def _wait_for_workers(folder: Folder, patience: float) -> None:
    with _open(folder) as working:
        give_up = time.monotonic() + patience
        while not _lock(working):
            if time.monotonic() > give_up:
                raise _still_at_work(folder)
            time.sleep(0.02)


def _wait_for_silence(folder: Folder, patience: float) -> None:
    watch = HeartbeatMonitor(folder)
    give_up = time.monotonic() + patience
    while watch.seconds_since_change(None) < _SILENCE:
        if time.monotonic() > give_up:
            raise _still_at_work(folder)
        time.sleep(_LOOK_EVERY)
    folder.remove(HEARTBEATS)  # so that the next one need not wait


def _still_at_work(folder: Folder) -> RefusedError:
    return RefusedError(
        f"workers of an earlier build, which was killed, still run in {folder.root}; "
        "end these processes, then run the same command again"
    )


def _open(folder: Folder) -> IO[bytes]:
    path = folder.path(_WORKING)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


def _lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
