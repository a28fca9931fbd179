"""What every kind of store can do, and helpers that several of them use."""

from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.retry import RemoteError

_BLOCK: Final = 32 << 20  # bytes fetched at once of a whole file


class Store(Protocol):
    """Files under URLs of one scheme; each call may raise what `faults.attempt` does."""

    def look(self, url: str) -> FileInfo | None:
        """What stands there; None: nothing."""

    def children(self, url: str) -> list[FileInfo]:
        """What stands directly in a folder, in any order."""

    def below(self, url: str) -> list[FileInfo]:
        """All files below a folder, in any order."""

    def read(self, url: str, begin: int, end: int) -> bytes:
        """The bytes [begin, end) of a file, all of them."""

    def fetch(self, found: FileInfo, into: Path) -> None:
        """Write a whole file to a path of this machine."""

    def close(self) -> None:
        """Let connections go."""


@runtime_checkable
class SingleStore(Store, Protocol):
    """A store that may give a whole file, and tell that it is the one listed, in one answer."""

    def at_once(self, found: FileInfo) -> bytes | None:
        """All bytes of a listed file by one request; None: it has changed, or nobody can tell."""


class WritableStore(Store, Protocol):
    """A store that an output folder may lie in."""

    def put(self, path: Path, url: str) -> FileInfo:
        """Store a file of this machine: it appears whole or not at all."""

    def write(self, url: str, data: bytes, *, create: bool = False) -> None:
        """Store some bytes; with `create`, only where nothing stands yet (FileExistsError)."""

    def remove(self, url: str) -> None:
        """Remove a file, or all below a folder; nothing need stand there."""

    def for_arrow(self, url: str) -> tuple[Any, str]:
        """A file system of Arrow's data sets or of fsspec, and what it calls a folder."""


def fetch_by_ranges(store: Store, found: FileInfo, into: Path) -> None:
    """Write a whole file to a path of this machine, range by range."""
    with into.open("wb") as file:
        for begin in range(0, found.size, _BLOCK):
            file.write(store.read(found.url, begin, min(begin + _BLOCK, found.size)))


def look_at_stored(store: Store, url: str, size: int) -> FileInfo:
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
