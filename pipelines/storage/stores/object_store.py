"""Stores read through fsspec: S3, Google Cloud Storage, the Hugging Face hub.

Each library finds its own credentials and endpoints: s3fs (`AWS_ACCESS_KEY_ID`,
`AWS_PROFILE`, `AWS_ENDPOINT_URL`, instance roles …), gcsfs (application default credentials,
`STORAGE_EMULATOR_HOST`), huggingface_hub (`HF_TOKEN`, `HF_ENDPOINT`). Listings are not cached. The
libraries' own retries are switched off, so that a request is retried only by `retry`.
"""

import os
from collections.abc import Callable
from pathlib import Path
from types import MethodType
from typing import Any, Final

from fsspec.asyn import sync

from codecorpus.pipelines.storage import settings, transfer_stats
from codecorpus.pipelines.storage.errors import ForbiddenError
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.prefetch import CONCURRENCY
from codecorpus.pipelines.storage.retry import with_retries
from codecorpus.pipelines.storage.stores.base import download_by_blocks, info_after_upload

_STAMPS: Final = (
    "generation", "ETag", "blob_id", "etag", "mtime", "LastModified", "last_modified",
)  # fmt: skip


class ObjectStore:
    """The files of one URL scheme.

    Attributes:
        filesystem: the fsspec file system.
    """

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self.filesystem = _FILESYSTEMS[scheme]()

    def path(self, url: str) -> str:
        """The file system's path of a URL."""
        path: str = self.filesystem._strip_protocol(url)  # noqa: SLF001 - has no public name
        return path

    def info(self, url: str) -> FileInfo | None:
        """The file or folder at a URL; None if there is neither."""
        try:
            info = with_retries(url, lambda: self.filesystem.info(self.path(url)))
        except FileNotFoundError:
            return None
        return self._file_info(info)

    def list_folder(self, url: str) -> list[FileInfo]:
        """The files and folders directly in a folder; empty if there is none."""
        try:
            infos = with_retries(url, lambda: self.filesystem.ls(self.path(url), detail=True))
        except FileNotFoundError:
            return []
        return [file for file in map(self._file_info, infos) if file.url != url]

    def find_files(self, url: str) -> list[FileInfo]:
        """All files below a folder; empty if there is none."""
        try:
            infos = with_retries(url, lambda: self.filesystem.find(self.path(url), detail=True))
        except FileNotFoundError:
            return []
        return [file for file in map(self._file_info, infos.values()) if not file.is_folder]

    def read(self, url: str, begin: int, end: int) -> bytes:
        """Exactly the bytes [begin, end) of a file."""

        def get() -> bytes:
            data: bytes = self.filesystem.cat_file(self.path(url), start=begin, end=end)
            return _checked(data, end - begin)

        return with_retries(url, get) if end > begin else b""

    def read_if_unchanged(self, file: FileInfo) -> bytes | None:
        """All bytes of a listed file, by one request; None if it has changed.

        For the Hugging Face hub, always None.
        """
        read = _READS_IF_UNCHANGED.get(self._scheme)
        if read is None:
            return None

        def get() -> bytes | None:
            data = read(self.filesystem, self.path(file.url), file.stamp)
            return None if data is None else _checked(data, file.size)

        return with_retries(file.url, get)

    def download(self, file: FileInfo, path: Path) -> None:
        """Write a whole file to this machine's disk, block by block.

        fsspec's `get_file` is not used, because a retry would start the whole file again, and s3fs
        requests a large file as a whole, drops that response, and requests it again in ranges.
        """
        download_by_blocks(self, file, path)

    def upload(self, path: Path, url: str) -> FileInfo:
        """Store a file; it appears when its upload is complete.

        Raises:
            ForbiddenError: there is no such bucket, or the server refuses.
            RemoteError: every attempt failed, or the stored file has another size.
        """
        try:
            with_retries(url, lambda: self.filesystem.put_file(str(path), self.path(url)))
        except FileNotFoundError as error:
            raise _no_bucket(url) from error
        return info_after_upload(self, url, path.stat().st_size)

    def write(self, url: str, data: bytes, *, create: bool = False) -> None:
        """Store bytes; with `create`, FileExistsError if the file exists; errors as `upload`."""
        options = {"mode": "create"} if create else {}
        try:
            with_retries(url, lambda: self.filesystem.pipe_file(self.path(url), data, **options))
        except FileNotFoundError as error:
            raise _no_bucket(url) from error

    def remove(self, url: str) -> None:
        """Remove a file, or a folder with all its files."""
        info = self.info(url)
        if info is not None:
            try:
                with_retries(
                    url, lambda: self.filesystem.rm(self.path(url), recursive=info.is_folder)
                )
            except FileNotFoundError:  # another process removed it
                return

    def arrow_filesystem(self, url: str) -> tuple[Any, str]:
        """The file system, and its path of the URL."""
        return self.filesystem, self.path(url)

    def close(self) -> None:
        """Do nothing: fsspec's file systems close their connections themselves."""

    def _file_info(self, info: dict[str, Any]) -> FileInfo:
        name = str(info["name"]).rstrip("/")
        url = name if "://" in name else f"{self._scheme}://{name}"
        if info["type"] == "directory":
            return FileInfo(url, 0, "", is_folder=True)
        stamp = next((str(info[key]) for key in _STAMPS if info.get(key)), "")
        return FileInfo(url, int(info["size"] or 0), stamp.strip('"'))


def _no_bucket(url: str) -> ForbiddenError:
    """The error for a write to which a store responds "not found"."""
    bucket = "/".join(url.split("/")[:3])
    return ForbiddenError(f"{url}: there is no bucket {bucket}; create it, or name one that exists")


def _checked(data: bytes, size: int) -> bytes:
    """The bytes of a response, after counting them and checking that there are `size`."""
    transfer_stats.record(fetched=len(data))
    if len(data) != size:
        raise ConnectionError(f"requested {size:,} bytes, received {len(data):,}")
    return data


def _s3() -> Any:  # noqa: ANN401 - fsspec has no types
    import s3fs  # optional

    timeout = settings.timeout()
    filesystem = s3fs.S3FileSystem(
        use_listings_cache=False,
        skip_instance_cache=True,
        config_kwargs={
            "connect_timeout": min(timeout, 10),
            "read_timeout": timeout,
            "retries": {"total_max_attempts": 1},
            "max_pool_connections": 2 * CONCURRENCY,
        },
    )
    filesystem.retries = 1
    return filesystem


def _gs() -> Any:  # noqa: ANN401
    import aiohttp  # optional, as gcsfs
    from gcsfs.core import GCSFileSystem  # the class that the package exports also uses gRPC

    timeout = settings.timeout()
    client_timeout = aiohttp.ClientTimeout(
        total=10 * timeout,  # uploads send 50 MB at once, and only silent reads are noticed
        sock_connect=min(timeout, 10),
        sock_read=timeout,
    )
    filesystem = GCSFileSystem(
        use_listings_cache=False, skip_instance_cache=True, requests_timeout=client_timeout
    )
    without_retries = GCSFileSystem._request.__wrapped__  # noqa: SLF001 - it has no setting
    filesystem._request = MethodType(without_retries, filesystem)  # noqa: SLF001
    return filesystem


def _hub() -> Any:  # noqa: ANN401
    import huggingface_hub  # slow to import

    return huggingface_hub.HfFileSystem(
        endpoint=os.environ.get("HF_ENDPOINT"), skip_instance_cache=True
    )


_FILESYSTEMS: Final[dict[str, Callable[[], Any]]] = {"s3": _s3, "gs": _gs, "hf": _hub}


def _read_s3(filesystem: Any, path: str, stamp: str) -> bytes | None:  # noqa: ANN401
    async def get() -> bytes | None:
        bucket, key, _ = filesystem.split_path(path)
        response = await filesystem._call_s3("get_object", Bucket=bucket, Key=key)  # noqa: SLF001
        try:
            if response.get("ETag", "").strip('"') != stamp:
                return None
            data: bytes = await response["Body"].read()
            return data
        finally:
            response["Body"].close()

    data: bytes | None = sync(filesystem.loop, get)
    return data


def _read_gs(filesystem: Any, path: str, stamp: str) -> bytes | None:  # noqa: ANN401
    url = filesystem.url(path)
    headers, data = sync(filesystem.loop, filesystem._call, "GET", url)  # noqa: SLF001
    return data if headers.get("x-goog-generation") == stamp else None


_READS_IF_UNCHANGED: Final[dict[str, Callable[[Any, str, str], bytes | None]]] = {
    "s3": _read_s3,
    "gs": _read_gs,
}
"""By scheme: a function that reads a whole object, or returns None if its stamp is different."""
