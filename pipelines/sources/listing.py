"""What lies in a folder, in one order on every file system.

The order is bytewise by raw path. Links are passed over, so none can lead in a circle. One folder
is open at a time, however deep the tree, and a path may be longer than the system takes at once.
Memory: the names of the folders on the way to where the walk stands, and of their other entries.
"""

import os
import stat
import sys
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.sources.files import NOT_REGULAR, open_folder
from pipelines.sources.names import IGNORED

_NAMES = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
"""How a name that the system gives is made bytes again, as by `os.fsencode`."""


class Entry(NamedTuple):
    """A file, or what stands where one could: something that cannot be read."""

    path: bytes
    """Relative to the folder that was listed; `.` is that folder."""
    size: int
    stamp: int
    """When it last changed, in nanoseconds."""
    trouble: str | None = None
    """Why it cannot be read, for people."""
    is_folder: bool = False


def scan(location: bytes, inside: bytes = b"", without: bytes | None = None) -> list[Entry]:
    """The entries of one folder, sorted as a walk meets them; links and IGNORED left out.

    Args:
        location: the folder, an absolute raw path.
        inside: what the entries' paths begin with.
        without: a folder or file to leave out, an absolute raw path.

    Raises:
        OSError: the folder cannot be listed.
    """
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
    # A folder sorts as its contents will: behind "a.py" and before "a0".
    found.sort(key=lambda entry: entry[0] + b"/" if entry[4] else entry[0])
    return found


def walk(location: bytes, without: bytes | None = None) -> Iterator[Entry]:
    """All files below a folder, bytewise by path; a folder that cannot be listed is an entry.

    Args:
        location: the folder, an absolute raw path.
        without: a folder or file below it to leave out.
    """
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
