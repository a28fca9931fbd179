"""The status of a listed path or URL: whether it is a folder or a file, its size and its stamp."""

import os
import stat
from typing import NamedTuple

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.locations import Location, Url


class FileStat(NamedTuple):
    """The status of a path or URL.

    Attributes:
        location: an absolute raw path without symbolic links, or a URL.
        is_folder: whether it is a folder.
        is_file: whether it is a regular file.
        size: in bytes.
        stamp: the modification time in nanoseconds, or what a store has instead, such as an etag.
    """

    location: bytes
    is_folder: bool
    is_file: bool
    size: int
    stamp: int | str


def absolute_location(path: Location) -> bytes:
    """An absolute raw path without symbolic links, or a URL."""
    raw = os.fsencode(path)
    return raw if isinstance(path, Url) else os.path.realpath(raw)


def file_status(path: Location) -> FileStat:
    """The status of a path or URL.

    Raises:
        OSError: the path does not exist or cannot be accessed.
        CodecorpusError: the URL does not exist, or its store does not answer.
    """
    location = absolute_location(path)
    if isinstance(path, Url):
        return _remote_status(path, location)
    status = os.stat(location)  # noqa: PTH116 - a raw path
    return FileStat(
        location,
        stat.S_ISDIR(status.st_mode),
        stat.S_ISREG(status.st_mode),
        status.st_size,
        status.st_mtime_ns,
    )


def _remote_status(url: Url, location: bytes) -> FileStat:
    from codecorpus.pipelines.storage.stores import store_of  # local builds do without it

    found = url.info or store_of(url.text).info(url.text)
    if found is None:
        raise UsageError(f"the input {url} does not exist; list files that exist")
    return FileStat(location, found.is_folder, not found.is_folder, found.size, found.stamp)
