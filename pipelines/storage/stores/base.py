"""The interface of all stores, and helpers that several of them use."""

from pathlib import Path
from typing import Any, Final, Protocol

from codecorpus.pipelines.storage.errors import RemoteError
from codecorpus.pipelines.storage.locations import FileInfo

_BLOCK: Final = 32 << 20  # bytes fetched per request when a whole file is downloaded


class Store(Protocol):
    """Files under the URLs of one scheme; every call may raise the errors of `with_retries`."""

    def info(self, url: str) -> FileInfo | None:
        """The file or folder at a URL; None if there is neither."""

    def list_folder(self, url: str) -> list[FileInfo]:
        """The files and folders directly in a folder, in any order; empty if there is none."""

    def find_files(self, url: str) -> list[FileInfo]:
        """All files below a folder, in any order; empty if there is none."""

    def read(self, url: str, begin: int, end: int) -> bytes:
        """Exactly the bytes [begin, end) of a file."""

    def read_if_unchanged(self, file: FileInfo) -> bytes | None:
        """All bytes of a listed file, by one request.

        None if it has changed, or if the store's responses do not show whether it has.
        """

    def download(self, file: FileInfo, path: Path) -> None:
        """Write a whole file to the local disk."""

    def close(self) -> None:
        """Close all connections."""


class WritableStore(Store, Protocol):
    """A store that can hold an output folder."""

    def upload(self, path: Path, url: str) -> FileInfo:
        """Store a local file; readers see all of it or nothing."""

    def write(self, url: str, data: bytes, *, create: bool = False) -> None:
        """Store bytes; with `create`, FileExistsError if the file exists."""

    def remove(self, url: str) -> None:
        """Remove a file, or a folder with all its files; it need not exist."""

    def arrow_filesystem(self, url: str) -> tuple[Any, str]:
        """A file system that `pyarrow.dataset` accepts, and its path of the URL."""


def download_by_blocks(store: Store, file: FileInfo, path: Path) -> None:
    """Write a whole file to the local disk; a failed request repeats only its block."""
    with path.open("wb") as local:
        for begin in range(0, file.size, _BLOCK):
            local.write(store.read(file.url, begin, min(begin + _BLOCK, file.size)))


def info_after_upload(store: Store, url: str, size: int) -> FileInfo:
    """The file at a URL to which `size` bytes were just uploaded.

    Raises:
        RemoteError: there is no file, or it has another size.
    """
    info = store.info(url)
    if info is None or info.size != size:
        stored = "nothing" if info is None else f"{info.size:,} bytes"
        raise RemoteError(
            f"{url}: uploaded {size:,} bytes, but the store has {stored}; run the same command "
            "again"
        )
    return info
