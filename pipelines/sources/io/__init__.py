"""Files to read, on this machine or in a store: found, described and opened.

A remote file is read in ranges as its reader needs them, or as a whole from a copy on this
machine's disk. A path that cannot be read makes its record unreadable; a server that does not
answer fails the task, which can be run again.
"""

import os
from pathlib import Path

from codecorpus.pipelines.sources.io.local import Opened, open_local
from codecorpus.pipelines.storage.locations import Location, is_remote


def open_file(
    location: bytes,
    listed: tuple[int, str] | None = None,
    *,
    end: int | None = None,
    whole: bool = False,
    again: bool = True,
) -> Opened:
    """Open a regular file, or one that lies elsewhere; the caller closes it.

    Args:
        location: absolute raw path, or URL.
        listed: size and stamp that a file elsewhere had when it was listed.
        end: how far a file elsewhere will be read, mostly.
        whole: whether others on this machine will read all of it as well.
        again: whether a file elsewhere is looked at once more; no need right after it was listed.

    Raises:
        UnreadableError: there is none, it may not be read, or it is no regular file.
        CodecorpusError: a file elsewhere could not be had, or is not what was listed.
    """
    if is_remote(location):
        # Builds on a disk do not load what only remote files need.
        from codecorpus.pipelines.sources.io.remote import open_remote

        return open_remote(os.fsdecode(location), listed, end=end, whole=whole, again=again)
    return open_local(location)


def read_whole(place: Location) -> bytes:
    """All bytes of a small file: a list, a table, a vocabulary.

    Raises:
        OSError: there is none, or it may not be read.
        UnreadableError: likewise, of one that lies elsewhere.
        CodecorpusError: a file elsewhere could not be had.
    """
    if isinstance(place, Path):
        return place.read_bytes()
    file, size, _ = open_file(os.fsencode(place))
    try:
        return file.pread(size, 0)
    finally:
        file.close()
