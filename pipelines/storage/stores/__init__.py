"""What every kind of store can do, and which store a URL belongs to."""

from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.locations import EXPECTED, SCHEMES, scheme_of
from codecorpus.pipelines.storage.retry import RemoteError


class Found(NamedTuple):
    """What stands under a URL."""

    url: str
    size: int
    """Bytes; 0 for a folder."""
    stamp: str
    """Changes when the file does: an etag, a generation, a time; empty if the store says nothing.
    """
    is_folder: bool = False
    has_ranges: bool = True
    """Whether a range of it can be had, and not only the whole."""


class Store(Protocol):
    """Files under URLs of one scheme; each call may raise what `faults.attempt` does."""

    def look(self, url: str) -> Found | None:
        """What stands there; None: nothing."""

    def children(self, url: str) -> list[Found]:
        """What stands directly in a folder, in any order."""

    def below(self, url: str) -> list[Found]:
        """All files below a folder, in any order."""

    def read(self, url: str, begin: int, end: int) -> bytes:
        """The bytes [begin, end) of a file, all of them."""

    def fetch(self, found: Found, into: Path) -> None:
        """Write a whole file to a path of this machine."""

    def close(self) -> None:
        """Let connections go."""


@runtime_checkable
class SingleStore(Store, Protocol):
    """A store that may give a whole file, and tell that it is the one listed, in one answer."""

    def at_once(self, found: Found) -> bytes | None:
        """All bytes of a listed file by one request; None: it has changed, or nobody can tell."""


class WritableStore(Store, Protocol):
    """A store that an output folder may lie in."""

    def put(self, path: Path, url: str) -> Found:
        """Store a file of this machine: it appears whole or not at all."""

    def write(self, url: str, data: bytes, *, create: bool = False) -> None:
        """Store some bytes; with `create`, only where nothing stands yet (FileExistsError)."""

    def remove(self, url: str) -> None:
        """Remove a file, or all below a folder; nothing need stand there."""

    def for_arrow(self, url: str) -> tuple[Any, str]:
        """A file system of Arrow's data sets or of fsspec, and what it calls a folder."""


_BLOCK: Final = 32 << 20  # bytes fetched at once of a whole file
_NEEDS: Final = {
    "s3": ("s3fs", "codecorpus[aws]"),
    "gs": ("gcsfs", "codecorpus[gcp]"),
    "hf": ("huggingface_hub", "huggingface_hub"),
    "hdfs": ("hdfs-native", "codecorpus[hdfs]"),
}
_stores: dict[str, Store] = {}  # one a process and scheme


def _open(scheme: str) -> Store:
    if scheme in {"http", "https"}:
        from codecorpus.pipelines.storage.stores.http_store import (
            Web,  # httpx is not needed for other URLs
        )

        return Web()
    module, install = _NEEDS[scheme]
    try:
        if scheme == "hdfs":
            from codecorpus.pipelines.storage.stores.hdfs import Hdfs

            return Hdfs()
        from codecorpus.pipelines.storage.stores.object_store import (
            Buckets,  # fsspec costs a tenth of a second
        )

        return Buckets(scheme)
    except ImportError as error:
        raise UsageError(
            f"{scheme}:// needs {module} ({error}); install it: pip install '{install}'"
        ) from error


def store_of(url: str | bytes) -> Store:
    """The store of a URL, one a process.

    Raises:
        UsageError: its library is not installed, or the scheme is none that is known.
    """
    scheme = scheme_of(url)
    if scheme not in SCHEMES:
        raise UsageError(f"{url!r}: {EXPECTED}")
    if scheme not in _stores:
        _stores[scheme] = _open(scheme)
    return _stores[scheme]


def fetch_by_ranges(store: Store, found: Found, into: Path) -> None:
    """Write a whole file to a path of this machine, range by range."""
    with into.open("wb") as file:
        for begin in range(0, found.size, _BLOCK):
            file.write(store.read(found.url, begin, min(begin + _BLOCK, found.size)))


def look_at_stored(store: Store, url: str, size: int) -> Found:
    """What stands where so many bytes were just stored.

    Raises:
        RemoteError: nothing, or something of another size.
    """
    found = store.look(url)
    if found is None or found.size != size:
        got = "nothing" if found is None else f"{found.size:,} bytes"
        raise RemoteError(
            f"{url}: {size:,} bytes were written, and {got} stands there; run the same command "
            "again"
        )
    return found


def forget() -> None:
    """Let all connections go, and make new stores from now on: the environment has changed."""
    while _stores:
        _stores.popitem()[1].close()
