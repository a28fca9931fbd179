"""Whole remote files on this machine's disk, each fetched once for all its processes.

For what must be memory-mapped or is read by several tasks: the files of a remote output folder, and
inputs that are read in stripes. A copy goes by its URL, size and stamp, so it never stands for
another file. Copies that were not used for a while go when the disk runs short, and all of a
build's when it ends; nothing is lost with them.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from codecorpus.pipelines.storage import settings, transfer_stats
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.ranged_file import gone
from codecorpus.pipelines.storage.retry import RemoteError
from codecorpus.pipelines.storage.stores import store_of

_UNUSED: Final = 120  # seconds after which a copy may go
_SPARE: Final = 1 << 30  # bytes that stay free on the disk
_SWEEPS: Final = 3  # how often another build may remove the folder while a copy is made


def folder() -> Path:
    """Where copies lie; made if need be."""
    path = settings.scratch_folder()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def copy_of(found: FileInfo, group: str = "inputs") -> Path | None:
    """A copy of a remote file on this machine's disk, fetched if need be.

    Args:
        found: the file.
        group: of copies that are removed together.

    Returns:
        Where it lies; None if the disk has no room for it.
    """
    for _ in range(_SWEEPS):
        path = _place(found, group)
        try:
            return path if touch(path) or _fetch(found, path) else None
        except FileNotFoundError as error:
            if not str(error.filename).startswith(f"{path.parent}/"):
                raise gone(found.url) from error
    raise RemoteError(
        f"{path.parent}: other commands remove it while copies are made; run the same command "
        f"again, or set {settings.SCRATCH} to a folder of its own"
    )


def _fetch(found: FileInfo, path: Path) -> bool:
    """Make a copy, unless another process does; False where there is no room for it.

    Raises:
        FileNotFoundError: the remote file is gone, or another build that ended swept the folder.
    """
    with _alone(path):
        if touch(path):
            return True
        if not _make_room(found.size):
            return False
        unfinished = path.with_name(f"{uuid.uuid4().hex}.unfinished")
        try:
            store_of(found.url).fetch(found, unfinished)
            unfinished.replace(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise RemoteError(
                f"{found.url}: no copy could be made in {path.parent}: {error}; free some space, "
                f"or set {settings.SCRATCH} to a folder on a larger disk, then run the same "
                "command again"
            ) from error
        finally:
            unfinished.unlink(missing_ok=True)
    transfer_stats.note(found.size, whole=True)
    return True


def adopt(path: Path, found: FileInfo, group: str) -> Path:
    """Take a file of this machine as the copy of the remote file that was made of it."""
    place = _place(found, group)
    path.replace(place)
    return place


def unfinished(group: str) -> Path:
    """A name for a file that is being written and will be adopted."""
    place = folder() / group
    place.mkdir(exist_ok=True)
    return place / f"{uuid.uuid4().hex}.unfinished"


def remove(group: str) -> None:
    """Remove a group's copies; a file that is open or mapped stays as long as it is."""
    shutil.rmtree(folder() / group, ignore_errors=True)


def group_of(url: str) -> str:
    """The group of an output folder's copies."""
    return hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _place(found: FileInfo, group: str) -> Path:
    key = f"{found.url}\n{found.size}\n{found.stamp}".encode("utf-8", "surrogateescape")
    place = folder() / group
    place.mkdir(exist_ok=True)
    return place / hashlib.sha256(key).hexdigest()


def touch(path: Path) -> bool:
    """Whether a copy is there; it counts as used now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes of this machine from fetching the same file meanwhile."""
    lock = path.with_name(f"{path.name[:2]}.lock")  # some hundred of them, whatever the files
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_room(size: int) -> bool:
    """Whether so many bytes fit, after copies that nobody used lately have gone."""
    if _free() >= size:
        return True
    unused = time.time() - _UNUSED
    copies = [(path.stat().st_mtime, path) for path in folder().glob("*/*") if not path.suffix]
    for used, path in sorted(copies):
        if used < unused:
            path.unlink(missing_ok=True)
            if _free() >= size:
                return True
    return False


def _free() -> int:
    return shutil.disk_usage(folder()).free - _SPARE
