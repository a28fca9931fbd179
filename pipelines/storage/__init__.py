"""Bytes on disk and in object stores: folders, files, listings, locks. Knows no corpora."""

from pathlib import Path

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import WRITABLE, Location, Url


def open_folder(location: Location) -> Folder:
    """The output folder at a path or URL.

    Raises:
        UsageError: nothing can be written there.
    """
    if isinstance(location, Path):
        return Folder(location)
    return _open_remote(location)


def _open_remote(url: Url) -> Folder:
    if url.scheme not in WRITABLE:
        raise UsageError(
            f"{url}: an output folder lies on this machine's file system, or under "
            f"{', '.join(f'{scheme}://' for scheme in WRITABLE)}"
        )
    from codecorpus.pipelines.storage.remote_folder import (
        RemoteFolder,  # local builds need none of it
    )

    return RemoteFolder(url)
