"""What stands under a listed path or URL: a folder, a file, or nothing."""

import os
import stat
from typing import NamedTuple

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.locations import Location, Url


class Look(NamedTuple):
    """What was found."""

    location: bytes
    """An absolute raw path without links, or a URL."""
    is_folder: bool
    is_file: bool
    """A regular one."""
    size: int
    stamp: int | str


def locate(place: Location) -> bytes:
    """An absolute raw path without links, or a URL."""
    raw = os.fsencode(place)
    return raw if isinstance(place, Url) else os.path.realpath(raw)


def look(place: Location) -> Look:
    """Look at a place.

    Raises:
        OSError: nothing stands there, or it may not be looked at.
        CodecorpusError: the same of what lies elsewhere.
    """
    location = locate(place)
    if isinstance(place, Url):
        return _look_at_store(place, location)
    status = os.stat(location)  # noqa: PTH116 - a raw path
    return Look(
        location,
        stat.S_ISDIR(status.st_mode),
        stat.S_ISREG(status.st_mode),
        status.st_size,
        status.st_mtime_ns,
    )


def _look_at_store(url: Url, location: bytes) -> Look:
    from codecorpus.pipelines.storage.stores import store_of  # local builds need none of it

    found = url.info or store_of(url.text).info(url.text)
    if found is None:
        raise UsageError(f"the input {url} does not exist; list files that do")
    return Look(location, found.is_folder, not found.is_folder, found.size, found.stamp)
