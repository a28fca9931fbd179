"""What every kind of store can do, and which store a URL belongs to."""

from pathlib import Path
from typing import Any, NamedTuple, Protocol

from foundation.errors import UsageError
from pipelines.remote.urls import EXPECTED, SCHEMES, scheme_of


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


class WritableStore(Store, Protocol):
    """A store that an output folder may lie in."""

    def put(self, path: Path, url: str) -> Found:
        """Store a file of this machine: it appears whole or not at all."""

    def write(self, url: str, data: bytes, *, create: bool = False) -> None:
        """Store some bytes; with `create`, only where nothing stands yet (FileExistsError)."""

    def remove(self, url: str) -> None:
        """Remove a file, or all below a folder; nothing need stand there."""

    def filesystem(self) -> Any:  # noqa: ANN401 - of fsspec
        """For Arrow's data sets."""

    def path(self, url: str) -> str:
        """What the file system calls it."""


_stores: dict[str, Store] = {}  # one a process and scheme


def _open(scheme: str) -> Store:
    if scheme in {"http", "https"}:
        from pipelines.remote.web import Web  # httpx is not needed for other URLs

        return Web()
    from pipelines.remote.buckets import Buckets  # fsspec costs a tenth of a second

    return Buckets(scheme)


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


def forget() -> None:
    """Let all connections go, and make new stores from now on: the environment has changed."""
    while _stores:
        _stores.popitem()[1].close()
