"""Lists the files in a folder, in the same order on every file system: bytewise by raw path.

Symbolic links are skipped, so there are no cycles. Only one folder is open at a time, and paths may
be longer than PATH_MAX. Memory holds the entries of the folders from the root of the walk to the
current one. In a store, folders are prefixes of names, and all names below one are listed at once.
"""

import os
import stat
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from codecorpus.pipelines.sources.io.filenames import IGNORED, is_ignored
from codecorpus.pipelines.sources.io.local import NOT_REGULAR, open_folder
from codecorpus.pipelines.storage.locations import is_remote

if TYPE_CHECKING:
    from codecorpus.pipelines.storage.locations import FileInfo

_NAMES = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
"""Encodes names from the operating system like `os.fsencode`."""


class Entry(NamedTuple):
    """A file, or something else that is reported as unreadable.

    Attributes:
        path: relative to the listed folder; `.` for that folder itself.
        size: in bytes.
        stamp: the modification time in nanoseconds, or what a store has instead, such as an etag.
        error: why it cannot be read; None for a regular file.
        is_folder: whether it is a folder.
    """

    path: bytes
    size: int
    stamp: int | str
    error: str | None = None
    is_folder: bool = False


def scan(location: bytes, prefix: bytes = b"", exclude: bytes | None = None) -> list[Entry]:
    """The entries of one folder in the order of a walk, without symbolic links and IGNORED.

    Args:
        location: the folder, an absolute raw path or a URL.
        prefix: prepended to the entries' paths.
        exclude: the location of a folder or file to leave out.

    Raises:
        OSError: the folder cannot be listed.
        CodecorpusError: the same for a remote folder.
    """
    if is_remote(location):
        return _scan_store(location, exclude)
    descriptor = open_folder(location)
    try:
        with os.scandir(descriptor) as entries:
            found = [
                _local_entry(entry, prefix + name)
                for entry in entries
                if not entry.is_symlink()
                and (name := entry.name.encode(*_NAMES)) not in IGNORED
                and (exclude is None or join(location, name) != exclude)
            ]
    finally:
        os.close(descriptor)
    found.sort(key=_order)
    return found


def _order(entry: Entry) -> bytes:
    """Sort a folder like the paths below it: after "a.py" and before "a0"."""
    return entry[0] + b"/" if entry[4] else entry[0]


def walk(location: bytes, exclude: bytes | None = None) -> Iterator[Entry]:
    """All files below a folder, bytewise by path; a folder that cannot be listed is an entry.

    Args:
        location: the folder, an absolute raw path or a URL.
        exclude: the location of a folder or file to leave out.
    """
    if is_remote(location):
        yield from _walk_store(location, exclude)
        return
    stack = [Entry(b"", 0, 0, is_folder=True)]
    while stack:
        entry = stack.pop()
        if not entry.is_folder:
            yield entry
            continue
        try:
            prefix = entry.path + b"/" if entry.path else b""
            found = scan(join(location, entry.path), prefix, exclude)
            found.reverse()
            stack += found
        except OSError as error:
            yield Entry(entry.path or b".", 0, entry.stamp, f"folder: {error.strerror or error}")


def _scan_store(location: bytes, exclude: bytes | None) -> list[Entry]:
    from codecorpus.pipelines.storage.stores import store_of  # local builds do without it

    url = os.fsdecode(location)
    found = [_entry(child, url) for child in store_of(url).list_folder(url)]
    return sorted(
        (
            entry
            for entry in found
            if entry.path not in IGNORED and join(location, entry.path) != exclude
        ),
        key=_order,
    )


def _walk_store(location: bytes, exclude: bytes | None) -> Iterator[Entry]:
    from codecorpus.pipelines.storage.stores import store_of  # local builds do without it

    url = os.fsdecode(location)
    excluded = None if exclude is None else exclude + b"/"
    entries = [_entry(found, url) for found in store_of(url).find_files(url)]
    for entry in sorted(entries, key=_order):
        path = join(location, entry.path) + b"/"
        if not is_ignored(entry.path) and (excluded is None or not path.startswith(excluded)):
            yield entry


def _entry(found: "FileInfo", folder: str) -> Entry:
    path = os.fsencode(found.url.removeprefix(folder).lstrip("/"))
    return Entry(path, found.size, found.stamp, is_folder=found.is_folder)


def join(location: bytes, path: bytes) -> bytes:
    """The location of a path below a folder."""
    return location.rstrip(b"/") + b"/" + path if path else location


def _local_entry(entry: os.DirEntry[str], path: bytes) -> Entry:
    try:
        if entry.is_dir(follow_symlinks=False):
            return Entry(path, 0, 0, None, True)
        status = entry.stat(follow_symlinks=False)
    except OSError as error:  # it was removed, or the file system is damaged
        return Entry(path, 0, 0, error.strerror or str(error))
    if stat.S_ISREG(status.st_mode):
        return Entry(path, status.st_size, status.st_mtime_ns)
    return Entry(path, 0, status.st_mtime_ns, NOT_REGULAR)
