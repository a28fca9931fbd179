"""Opens remote inputs like local files."""

import contextlib
import errno
import os

from codecorpus.pipelines.sources.base import IO, UnreadableError
from codecorpus.pipelines.sources.io.local import NOT_REGULAR, LocalFile, Opened
from codecorpus.pipelines.storage import local_cache
from codecorpus.pipelines.storage.errors import ChangedError, RemoteError
from codecorpus.pipelines.storage.locations import FileInfo, scheme_of
from codecorpus.pipelines.storage.ranged_file import RangedFile
from codecorpus.pipelines.storage.stores import require_unchanged, store_of


def open_remote(
    url: str, listed: tuple[int, str] | None, *, end: int | None, whole: bool, recheck: bool
) -> Opened:
    """Open a remote file; see `open_file`.

    Raises:
        ChangedError: the file changed or vanished since it was listed.
        UnreadableError: there is no such file, and none was listed.
        RemoteError: it cannot be fetched.
    """
    # An HTTP server must be asked anyway, because it may not support ranges.
    if listed and not recheck and scheme_of(url) not in {"http", "https"}:
        found: FileInfo | None = FileInfo(url, *listed)
    else:
        found = require_unchanged(url, *listed) if listed else store_of(url).info(url)
    if found is None or found.is_folder:
        raise UnreadableError(IO, NOT_REGULAR if found else os.strerror(errno.ENOENT))
    if whole or not found.supports_ranges:
        copy = _open_copy(found)
        if copy is not None:
            return copy
        if not found.supports_ranges:
            raise RemoteError(
                f"{url}: the server does not support ranges, and there is no room for a copy of "
                f"{found.size:,} bytes in {local_cache.folder()}"
            )
    file = RangedFile(lambda begin, stop: _read(url, begin, stop), found.size, end)
    return Opened(file, found.size, found.stamp)


def _read(url: str, begin: int, end: int) -> bytes:
    try:
        return store_of(url).read(url, begin, end)
    except FileNotFoundError as error:
        raise ChangedError.missing(url) from error


def _open_copy(found: FileInfo) -> Opened | None:
    while (path := local_cache.copy_of(found)) is not None:
        with contextlib.suppress(FileNotFoundError):  # another build has just removed it
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            return Opened(LocalFile(descriptor), found.size, found.stamp)
    return None
