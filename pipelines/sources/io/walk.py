"""What lies in a folder, in one order on every file system.

The order is bytewise by raw path. Links are passed over, so none can lead in a circle. One folder
is open at a time, however deep the tree, and a path may be longer than the system takes at once.
A store's folders are what its names say: they have no links, and are listed as a whole.
Memory: the names of the folders on the way to where the walk stands, and of their other entries.
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
"""How a name that the system gives is made bytes again, as by `os.fsencode`."""


class Entry(NamedTuple):
    """A file, or what stands where one could: something that cannot be read."""

    path: bytes
    """Relative to the folder that was listed; `.` is that folder."""
    size: int
    stamp: int | str
    """When it last changed, in nanoseconds; of a file elsewhere, what its store says instead."""
    trouble: str | None = None
    """Why it cannot be read, for people."""
    is_folder: bool = False


def scan(location: bytes, inside: bytes = b"", without: bytes | None = None) -> list[Entry]:
    """The entries of one folder, sorted as a walk meets them; links and IGNORED left out.

    Args:
        location: the folder, an absolute raw path or a URL.
        inside: what the entries' paths begin with.
        without: a folder or file to leave out, as `location`.

    Raises:
        OSError: the folder cannot be listed.
        CodecorpusError: likewise, of one that lies elsewhere.
    """
    if is_remote(location):
        return _scan_store(location, without)
    descriptor = open_folder(location)
    try:
        with os.scandir(descriptor) as entries:
            found = [
                _look(entry, inside + name)
                for entry in entries
                if not entry.is_symlink()
                and (name := entry.name.encode(*_NAMES)) not in IGNORED
                and (without is None or join(location, name) != without)
            ]
    finally:
        os.close(descriptor)
    found.sort(key=_order)
    return found


def _order(entry: Entry) -> bytes:
    """A folder sorts as its contents will: behind "a.py" and before "a0"."""
    return entry[0] + b"/" if entry[4] else entry[0]


def walk(location: bytes, without: bytes | None = None) -> Iterator[Entry]:
    """All files below a folder, bytewise by path; a folder that cannot be listed is an entry.

    Args:
        location: the folder, an absolute raw path or a URL.
        without: a folder or file below it to leave out.
    """
    if is_remote(location):
        yield from _walk_store(location, without)
        return
    waiting = [Entry(b"", 0, 0, is_folder=True)]
    while waiting:
        entry = waiting.pop()
        if not entry.is_folder:
            yield entry
            continue
        try:
            inside = entry.path + b"/" if entry.path else b""
            found = scan(join(location, entry.path), inside, without)
            found.reverse()
            waiting += found
        except OSError as error:
            yield Entry(entry.path or b".", 0, entry.stamp, f"folder: {error.strerror or error}")


def _scan_store(location: bytes, without: bytes | None) -> list[Entry]:
    from codecorpus.pipelines.storage.stores import store_of  # local builds need none of it

    url = os.fsdecode(location)
    found = [_entry(child, url) for child in store_of(url).list_folder(url)]
    return sorted(
        (
            entry
            for entry in found
            if entry.path not in IGNORED and join(location, entry.path) != without
        ),
        key=_order,
    )


def _walk_store(location: bytes, without: bytes | None) -> Iterator[Entry]:
    from codecorpus.pipelines.storage.stores import store_of

    url = os.fsdecode(location)
    avoided = None if without is None else without + b"/"
    entries = [_entry(found, url) for found in store_of(url).find_files(url)]
    for entry in sorted(entries, key=_order):
        whole = join(location, entry.path) + b"/"
        if not is_ignored(entry.path) and (avoided is None or not whole.startswith(avoided)):
            yield entry


def _entry(found: "FileInfo", folder: str) -> Entry:
    path = os.fsencode(found.url.removeprefix(folder).lstrip("/"))
    return Entry(path, found.size, found.stamp, is_folder=found.is_folder)


def join(location: bytes, path: bytes) -> bytes:
    """The location of a path below a folder."""
    return location.rstrip(b"/") + b"/" + path if path else location


def _look(entry: os.DirEntry[str], path: bytes) -> Entry:
    try:
        if entry.is_dir(follow_symlinks=False):
            return Entry(path, 0, 0, None, True)
        status = entry.stat(follow_symlinks=False)
    except OSError as error:  # it went, or the file system is damaged
        return Entry(path, 0, 0, error.strerror or str(error))
    if stat.S_ISREG(status.st_mode):
        return Entry(path, status.st_size, status.st_mtime_ns)
    return Entry(path, 0, status.st_mtime_ns, NOT_REGULAR)
