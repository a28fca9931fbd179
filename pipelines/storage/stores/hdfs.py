"""HDFS, through hdfs-native: a client in Rust that needs neither Java nor Hadoop's libraries.

It takes Hadoop's own settings from `HADOOP_CONF_DIR`: `hdfs://NAME/path` is a name service,
`hdfs:///path` the default file system. The user is `HADOOP_USER_NAME`. A file is written beside its
final name and renamed; the name node does this in one step, even if it replaces another file. The
client has no timeouts, so each call runs on a separate thread, which costs a millisecond.
"""

import contextlib
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import Any, Final, TypeVar

from hdfs_native import Client, FileStatus, WriteOptions

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage import settings, transfer_stats
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.retry import with_retries
from codecorpus.pipelines.storage.stores.base import download_by_blocks, info_after_upload

T = TypeVar("T")
Progress = Callable[[], None]
"""Reports that a long call makes progress; raises TimeoutError if the caller has given up."""

_PIECE: Final = 4 << 20  # bytes read or written between two reports of progress
_UNFINISHED: Final = (
    "._COPYING_"  # suffix of files that are being written; Hadoop's own tools use it
)
# The client retries only to find another name node; `retry` does everything else.
_CONFIG: Final[dict[str, Any]] = {
    "dfs.client.failover.max.attempts": "3",
    "dfs.client.failover.sleep.base.millis": "100",
    "dfs.client.failover.sleep.max.millis": "1000",
}
_RPC_ERROR: Final = re.compile(
    r'\w*RPCError\("(?:[\w$]+\.)*([\w$]+)", "(.*?)(?:\\n|"\)$)', re.DOTALL
)
_PERMANENT: Final = frozenset({
    "AccessControlException", "AuthorizationException", "DSQuotaExceededException", "InvalidToken",
    "InvalidPathException", "NSQuotaExceededException", "PathComponentTooLongException",
})  # fmt: skip
_UNKNOWN_USER: Final = ("NoSASLMechanism", "SASLError", "GSSAPIError")


class HdfsStore:
    """Files under hdfs://, of any number of clusters."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def info(self, url: str) -> FileInfo | None:
        """The file or folder at a URL; None if there is neither."""
        try:
            status = self._call(url, lambda client, path, _: client.get_file_info(path))
        except FileNotFoundError:
            return None
        return _file_info(url, status)

    def list_folder(self, url: str) -> list[FileInfo]:
        """The files and folders directly in a folder; empty if there is none."""
        return [file for file in self._list(url, recursive=False) if file.url != url]

    def find_files(self, url: str) -> list[FileInfo]:
        """All files below a folder; empty if there is none."""
        return [file for file in self._list(url, recursive=True) if not file.is_folder]

    def read(self, url: str, begin: int, end: int) -> bytes:
        """Exactly the bytes [begin, end) of a file."""

        def get(client: Client, path: str, progress: Progress) -> bytes:
            file = client.read(path)
            if len(file) < end:
                raise ConnectionError(
                    f"the file has {len(file):,} bytes, expected at least {end:,}"
                )
            pieces = []
            for at in range(begin, end, _PIECE):
                pieces.append(file.read_range(at, min(_PIECE, end - at)))
                transfer_stats.record(fetched=len(pieces[-1]))
                progress()
            return b"".join(pieces)

        return self._call(url, get) if end > begin else b""

    def read_if_unchanged(self, file: FileInfo) -> bytes | None:  # noqa: ARG002
        """Return None: a read does not return the file's time of change."""
        return None

    def download(self, file: FileInfo, path: Path) -> None:
        """Write a whole file to this machine's disk, block by block."""
        download_by_blocks(self, file, path)

    def upload(self, path: Path, url: str) -> FileInfo:
        """Store a file: it is renamed to its final name when it is complete.

        Raises:
            ForbiddenError: the name node refuses.
            RemoteError: every attempt failed, or the stored file has another size.
        """

        def pieces() -> Iterable[bytes]:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece

        self._call(
            url,
            lambda client, target, progress: _write(
                client, target, progress, pieces(), replace=True
            ),
        )
        return info_after_upload(self, url, path.stat().st_size)

    def write(self, url: str, data: bytes, *, create: bool = False) -> None:
        """Store bytes; with `create`, FileExistsError if the file exists."""
        self._call(
            url,
            lambda client, path, progress: _write(
                client, path, progress, [data], replace=not create
            ),
        )

    def remove(self, url: str) -> None:
        """Remove a file, or a folder with all its files."""
        self._call(url, lambda client, path, _: client.delete(path, recursive=True))

    def arrow_filesystem(self, url: str) -> tuple[Any, str]:
        """An fsspec file system, and its path of the URL."""
        from hdfs_native.fsspec import HdfsFileSystem  # only tables of finished builds need it

        authority, path = _split(url)
        return HdfsFileSystem(authority or None, skip_instance_cache=True, **_CONFIG), path

    def close(self) -> None:
        """Close all connections."""
        self._clients.clear()

    def _list(self, url: str, *, recursive: bool) -> list[FileInfo]:
        def get(client: Client, path: str, progress: Progress) -> list[FileStatus]:
            statuses = []
            for status in client.list_status(path, recursive):
                statuses.append(status)
                progress()
            return statuses

        try:
            statuses = self._call(url, get)
        except FileNotFoundError:
            return []
        start = f"hdfs://{_split(url)[0]}"
        return [
            _file_info(start + status.path, status)
            for status in statuses
            if not status.path.endswith(_UNFINISHED)
        ]

    def _call(self, url: str, call: Callable[[Client, str, Progress], T]) -> T:
        """The result of a call with a client and a path; `retry` repeats it."""
        authority, path = _split(url)

        def once() -> T:
            client = self._client(authority)
            try:
                return call_with_timeout(
                    lambda progress: call(client, path, progress), settings.timeout()
                )
            except TimeoutError:  # a connection that is silent stays silent: make a new one
                self._clients.pop(authority, None)
                raise
            except RuntimeError as error:
                raise _translated(error) from error

        return with_retries(url, once)

    def _client(self, authority: str) -> Client:
        if authority not in self._clients:
            self._clients[authority] = _connect(authority)
        return self._clients[authority]


def call_with_timeout(call: Callable[[Progress], T], timeout: float) -> T:
    """The result of a call that may hang.

    The thread of a call that hangs remains until the process ends, which does no harm.

    Args:
        call: runs on a separate thread, and reports its progress.
        timeout: seconds without progress after which the call is abandoned.

    Raises:
        TimeoutError: the call made no progress for that long.
    """
    result: Future[T] = Future()
    last = time.monotonic()

    def progress() -> None:
        nonlocal last
        if result.cancelled():
            raise TimeoutError("the call was abandoned")
        last = time.monotonic()

    def run() -> None:
        with contextlib.suppress(InvalidStateError):  # it was abandoned
            try:
                result.set_result(call(progress))
            except Exception as error:  # noqa: BLE001 - raised again by the waiting thread
                result.set_exception(error)
            except BaseException as error:  # noqa: BLE001 - a panic in Rust
                result.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))

    threading.Thread(target=run, name="hdfs-call", daemon=True).start()
    try:
        while True:
            with contextlib.suppress(TimeoutError):
                return result.result(max(0, last + timeout - time.monotonic()))
            if result.done():  # the call itself raised TimeoutError
                return result.result()
            if time.monotonic() >= last + timeout and result.cancel():
                raise TimeoutError(f"no response for {timeout:g} s")
    finally:
        result.cancel()


def _connect(authority: str) -> Client:
    try:
        return Client(f"hdfs://{authority}" if authority else None, _CONFIG)
    except RuntimeError as error:
        raise UsageError(
            f"hdfs://{authority}/: {error}; expected the name node's host and port (often 8020), "
            "or a name service of the Hadoop settings in the folder HADOOP_CONF_DIR"
        ) from error


def _split(url: str) -> tuple[str, str]:
    """A URL's host and port, and its absolute path."""
    authority, _, path = url.partition("://")[2].partition("/")
    return authority, f"/{path}"


def _file_info(url: str, status: FileStatus) -> FileInfo:
    if status.isdir:
        return FileInfo(url, 0, "", is_folder=True)
    return FileInfo(url, status.length, str(status.modification_time))


def _write(
    client: Client, path: str, progress: Progress, pieces: Iterable[bytes], *, replace: bool
) -> None:
    parent, _, name = path.rpartition("/")
    temporary = f"{parent}/.{name}.{uuid.uuid4().hex}{_UNFINISHED}"
    try:
        with client.create(temporary, WriteOptions(overwrite=False, create_parent=True)) as file:
            for piece in pieces:
                file.write(piece)
                progress()
        progress()
        client.rename(temporary, path, overwrite=replace)
    except BaseException:
        with contextlib.suppress(Exception):
            client.delete(temporary)
        raise


def _translated(error: RuntimeError) -> Exception:
    """The client's error as one that `retry` recognizes as permanent or temporary."""
    text = str(error)
    if text.startswith(_UNKNOWN_USER):
        return PermissionError(text)
    match = _RPC_ERROR.match(text)
    if match is None:
        return error
    name, line = match[1], match[2].replace('\\"', '"')
    if name == "ParentNotDirectoryException":
        return FileNotFoundError(line)
    return PermissionError(f"{name}: {line}") if name in _PERMANENT else OSError(f"{name}: {line}")
