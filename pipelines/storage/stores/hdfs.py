"""HDFS, by hdfs-native: a client in Rust, which needs neither Java nor Hadoop's libraries.

Settings are Hadoop's own, from `HADOOP_CONF_DIR`: `hdfs://NAME/path` is a name service of theirs,
`hdfs:///path` their default file system. `HADOOP_USER_NAME` says who one is. A file is written
beside its final name and renamed, which the name node does in one step, also where it replaces
another. The client waits for a silent server for ever, so each call is watched (`watching`).
"""

import contextlib
import re
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

from hdfs_native import Client, FileStatus, WriteOptions

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage import settings, transfer_stats
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.retry import ShortError, attempt
from codecorpus.pipelines.storage.stores.base import fetch_by_ranges, look_at_stored
from codecorpus.pipelines.storage.stores.watching import Alive, watched

T = TypeVar("T")

_PIECE: Final = 4 << 20  # bytes written or read between two signs of life
_UNFINISHED: Final = "._COPYING_"  # how names of files end that are not whole, Hadoop's own too
# The client's own retries, which are for another name node; `faults` has the others.
_CONFIG: Final[dict[str, Any]] = {
    "dfs.client.failover.max.attempts": "3",
    "dfs.client.failover.sleep.base.millis": "100",
    "dfs.client.failover.sleep.max.millis": "1000",
}
_SAID: Final = re.compile(r'\w*RPCError\("(?:[\w$]+\.)*([\w$]+)", "(.*?)(?:\\n|"\)$)', re.DOTALL)
_FINAL: Final = frozenset({
    "AccessControlException", "AuthorizationException", "DSQuotaExceededException", "InvalidToken",
    "InvalidPathException", "NSQuotaExceededException", "PathComponentTooLongException",
})  # fmt: skip
_UNKNOWN_USER: Final = ("NoSASLMechanism", "SASLError", "GSSAPIError")


class Hdfs:
    """Files under hdfs://, of any number of clusters."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def look(self, url: str) -> FileInfo | None:
        """What stands under a URL."""
        try:
            status = self._attempt(url, lambda client, name, _: client.get_file_info(name))
        except FileNotFoundError:
            return None
        return _found(url, status)

    def children(self, url: str) -> list[FileInfo]:
        """What stands directly in a folder."""
        return [found for found in self._list(url, recursive=False) if found.url != url]

    def below(self, url: str) -> list[FileInfo]:
        """All files below a folder."""
        return [found for found in self._list(url, recursive=True) if not found.is_folder]

    def read(self, url: str, begin: int, end: int) -> bytes:
        """The bytes of a range."""

        def get(client: Client, name: str, alive: Alive) -> bytes:
            file = client.read(name)
            if len(file) < end:
                raise ShortError(f"the file has {len(file):,} bytes, {end:,} were expected")
            pieces = []
            for at in range(begin, end, _PIECE):
                pieces.append(file.read_range(at, min(_PIECE, end - at)))
                transfer_stats.note(len(pieces[-1]))
                alive()
            return b"".join(pieces)

        return self._attempt(url, get) if end > begin else b""

    def fetch(self, found: FileInfo, into: Path) -> None:
        """Write a whole file to this machine's disk, range by range."""
        fetch_by_ranges(self, found, into)

    def put(self, path: Path, url: str) -> FileInfo:
        """Store a file: it appears by a rename when it is whole.

        Raises:
            ForbiddenError: the name node refuses.
            RemoteError: it failed every time.
        """

        def pieces() -> Iterable[bytes]:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece

        self._attempt(
            url, lambda client, name, alive: _store(client, name, alive, pieces(), replace=True)
        )
        return look_at_stored(self, url, path.stat().st_size)

    def write(self, url: str, data: bytes, *, create: bool = False) -> None:
        """Store some bytes."""
        self._attempt(
            url, lambda client, name, alive: _store(client, name, alive, [data], replace=not create)
        )

    def remove(self, url: str) -> None:
        """Remove a file, or all below a folder."""
        self._attempt(url, lambda client, name, _: client.delete(name, recursive=True))

    def for_arrow(self, url: str) -> tuple[Any, str]:
        """A file system of Arrow's kind, and what it calls a folder."""
        from hdfs_native.fsspec import HdfsFileSystem  # only for tables of a finished build

        authority, name = _split(url)
        return HdfsFileSystem(authority or None, skip_instance_cache=True, **_CONFIG), name

    def close(self) -> None:
        """Let connections go."""
        self._clients.clear()

    def _list(self, url: str, *, recursive: bool) -> list[FileInfo]:
        def get(client: Client, name: str, alive: Alive) -> list[FileStatus]:
            listed = []
            for status in client.list_status(name, recursive):
                listed.append(status)
                alive()
            return listed

        try:
            listed = self._attempt(url, get)
        except FileNotFoundError:
            return []
        start = f"hdfs://{_split(url)[0]}"
        whole = (status for status in listed if not status.path.endswith(_UNFINISHED))
        return [_found(start + status.path, status) for status in whole]

    def _attempt(self, url: str, call: Callable[[Client, str, Alive], T]) -> T:
        """Call with a client and a path; tried again by `faults`."""
        authority, name = _split(url)

        def once() -> T:
            client = self._client(authority)
            try:
                return watched(lambda alive: call(client, name, alive), settings.timeout())
            except TimeoutError:  # what is silent now is so for good: connect anew
                self._clients.pop(authority, None)
                raise
            except RuntimeError as error:
                raise _translated(error) from error

        return attempt(url, once)

    def _client(self, authority: str) -> Client:
        if authority not in self._clients:
            self._clients[authority] = _connect(authority)
        return self._clients[authority]


def _connect(authority: str) -> Client:
    try:
        return Client(f"hdfs://{authority}" if authority else None, _CONFIG)
    except RuntimeError as error:
        raise UsageError(
            f"hdfs://{authority}/: {error}; expected the name node's host and port (often 8020), "
            "or a name service of Hadoop's settings: HADOOP_CONF_DIR names their folder"
        ) from error


def _split(url: str) -> tuple[str, str]:
    """Host and port, and the path from the root."""
    authority, _, path = url.partition("://")[2].partition("/")
    return authority, f"/{path}"


def _found(url: str, status: FileStatus) -> FileInfo:
    if status.isdir:
        return FileInfo(url, 0, "", is_folder=True)
    return FileInfo(url, status.length, str(status.modification_time))


def _store(
    client: Client, name: str, alive: Alive, pieces: Iterable[bytes], *, replace: bool
) -> None:
    parent, _, last = name.rpartition("/")
    beside = f"{parent}/.{last}.{uuid.uuid4().hex}{_UNFINISHED}"
    try:
        with client.create(beside, WriteOptions(overwrite=False, create_parent=True)) as file:
            for piece in pieces:
                file.write(piece)
                alive()
        alive()
        client.rename(beside, name, overwrite=replace)
    except BaseException:
        with contextlib.suppress(Exception):
            client.delete(beside)
        raise


def _translated(error: RuntimeError) -> Exception:
    """The error that `faults` understands."""
    text = str(error)
    if text.startswith(_UNKNOWN_USER):
        return PermissionError(text)
    said = _SAID.match(text)
    if said is None:
        return error
    name, line = said[1], said[2].replace('\\"', '"')
    if name == "ParentNotDirectoryException":
        return FileNotFoundError(line)
    return PermissionError(f"{name}: {line}") if name in _FINAL else OSError(f"{name}: {line}")
