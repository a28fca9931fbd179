"""Copies of whole remote files on this machine's disk, each fetched once for all its processes.

Used for files that must be memory-mapped or that several tasks read: those of a remote output
folder, and inputs that are read in splits. The name of a copy is a hash of URL, size and stamp, so
a copy never stands for another file. Copies that have not been used for a while are removed when
the disk runs out of space, and all copies of a build when it ends.

Why not fsspec's `filecache`: it has no lock between processes and no bound on disk space, and
it notices a changed file only by asking the server at each open.
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
from codecorpus.pipelines.storage.errors import ChangedError, RemoteError
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.stores import store_of

_UNUSED_SECONDS: Final = 120  # after which a copy may be removed
_RESERVED: Final = 1 << 30  # bytes of the disk that stay free
_FETCH_ATTEMPTS: Final = 3  # other builds may remove the folder while a copy is made


def folder() -> Path:
    """The folder of all copies; created if it does not exist, for this user only."""
    path = settings.scratch_folder()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def copy_of(file: FileInfo, group: str = "inputs") -> Path | None:
    """The path of a copy of a remote file, which is fetched if there is none.

    Args:
        file: the remote file.
        group: names the copies that are removed together.

    Returns:
        None if the disk has no room for a copy.

    Raises:
        ChangedError: the remote file no longer exists.
        RemoteError: it could not be read, or the copy could not be written.
    """
    for _ in range(_FETCH_ATTEMPTS):
        path = _copy_path(file, group)
        try:
            return path if mark_used(path) or _fetch(file, path) else None
        except FileNotFoundError as error:
            if not str(error.filename).startswith(f"{path.parent}/"):
                raise ChangedError.missing(file.url) from error
    raise RemoteError(
        f"{path.parent}: other commands remove it while copies are made; run the same command "
        f"again, or set {settings.SCRATCH} to a folder of its own"
    )


def _fetch(file: FileInfo, path: Path) -> bool:
    """Fetch a copy unless another process does; return False if there is no room for it.

    Raises:
        FileNotFoundError: the remote file is gone, or another build that ended removed the folder.
    """
    with _locked(path):
        if mark_used(path):
            return True
        if not _make_room(file.size):
            return False
        temporary = temporary_file(path.parent)
        try:
            store_of(file.url).download(file, temporary)
            temporary.replace(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise RemoteError(
                f"{file.url}: cannot write a copy in {path.parent}: {error}; free some space, "
                f"or set {settings.SCRATCH} to a folder on a larger disk, then run the same "
                "command again"
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
    transfer_stats.record(whole=file.size)
    return True


def adopt(path: Path, file: FileInfo, group: str) -> Path:
    """Move a local file that was just uploaded into the cache, as the copy of the remote file."""
    copy = _copy_path(file, group)
    path.replace(copy)
    return copy


def group_folder(group: str) -> Path:
    """The folder of a group's copies; created if it does not exist."""
    path = folder() / group
    path.mkdir(exist_ok=True)
    return path


def temporary_file(parent: Path) -> Path:
    """A new name for a file that is being written."""
    return parent / f"{uuid.uuid4().hex}.unfinished"


def remove(group: str) -> None:
    """Remove a group's copies; processes that have one open or mapped can still read it."""
    shutil.rmtree(folder() / group, ignore_errors=True)


def group_of(url: str) -> str:
    """The group of an output folder's copies."""
    return hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _copy_path(file: FileInfo, group: str) -> Path:
    key = f"{file.url}\n{file.size}\n{file.stamp}".encode("utf-8", "surrogateescape")
    return group_folder(group) / hashlib.sha256(key).hexdigest()


def mark_used(path: Path) -> bool:
    """Set a copy's time of last use; return whether it exists."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes of this machine from fetching the same file at the same time."""
    lock = path.with_name(f"{path.name[:2]}.lock")  # at most 256 lock files
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_room(size: int) -> bool:
    """Remove unused copies, oldest first, until `size` bytes fit; return whether they do."""
    if _free_bytes() >= size:
        return True
    oldest_kept = time.time() - _UNUSED_SECONDS
    copies = [(path.stat().st_mtime, path) for path in folder().glob("*/*") if not path.suffix]
    for used, path in sorted(copies):
        if used < oldest_kept:
            path.unlink(missing_ok=True)
            if _free_bytes() >= size:
                return True
    return False


def _free_bytes() -> int:
    return shutil.disk_usage(folder()).free - _RESERVED
