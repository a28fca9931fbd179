"""Lists and opens input files, on disk or in a store.

A remote file is read in ranges as its reader needs them, or from a complete copy on the local disk.
A file that cannot be read makes its records unreadable; a server that does not answer fails the
task, which can be run again.
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
    recheck: bool = True,
) -> Opened:
    """Open a regular local file, or a remote file; the caller closes it.

    Args:
        location: absolute raw path, or URL.
        listed: size and stamp of a remote file when it was listed.
        end: offset up to which a remote file will mostly be read.
        whole: whether to fetch a copy of a remote file, because several tasks on this machine read
            it.
        recheck: whether to check that a remote file is still the listed one; not necessary right
            after it was listed.

    Raises:
        UnreadableError: the file does not exist, cannot be read, or is not regular.
        CodecorpusError: a remote file cannot be fetched, or changed since it was listed.
    """
    if is_remote(location):
        # Local builds do not load the modules for remote files.
        from codecorpus.pipelines.sources.io.remote import open_remote

        return open_remote(os.fsdecode(location), listed, end=end, whole=whole, recheck=recheck)
    return open_local(location)


def read_whole(path: Location) -> bytes:
    """All bytes of a small file: a list, a table, a vocabulary.

    Raises:
        OSError: a local file does not exist or cannot be read.
        UnreadableError: the same for a remote file.
        CodecorpusError: a remote file cannot be fetched.
    """
    if isinstance(path, Path):
        return path.read_bytes()
    file, size, _ = open_file(os.fsencode(path))
    try:
        return file.pread(size, 0)
    finally:
        file.close()
