"""One build at a time in a folder, workers included.

The driver of a build holds the folder's lock, which goes with its process. Its workers end with it,
but one may be in the middle of a kernel when the driver is killed; so a worker of this machine
shares `log/working` while it performs a task, and the next build begins only when nobody holds
that. A worker that gets hold of it looks whether its driver lives before it begins: so no task of
an earlier run writes into a resumed one. Workers of an engine end with their job. In an object
store workers hold nothing: what a late one writes there is what the next build writes.
"""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pipelines.storage import Folder, RefusedError

_WORKING = "log/working"

_PATIENCE = 60.0
"""Seconds to wait for workers of an earlier run: they end once their kernel returns."""


@contextlib.contextmanager
def sole_build(folder: Folder, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Keep other builds out of the folder.

    Args:
        folder: the output folder.
        patience: seconds to wait for workers that an earlier build left behind.

    Raises:
        RefusedError: another build is running, or its workers still are.
    """
    with folder.lock():
        if _is_local(folder):
            _wait_for_workers(folder, patience)
        yield


@contextlib.contextmanager
def at_work(folder: Folder) -> Iterator[None]:
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
                raise RefusedError(
                    f"workers of an earlier build, which was killed, still run in {folder.root}; "
                    "end these processes, then run the same command again"
                )
            time.sleep(0.02)


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
