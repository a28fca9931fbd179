"""Stores that fsspec knows: S3, Google Cloud Storage, the Hugging Face hub.

Credentials and endpoints come from where each library takes them: s3fs (`AWS_ACCESS_KEY_ID`,
`AWS_PROFILE`, `AWS_ENDPOINT_URL`, instance roles …), gcsfs (application default credentials,
`STORAGE_EMULATOR_HOST`), huggingface_hub (`HF_TOKEN`, `HF_ENDPOINT`). Listings are not cached, and
retrying is left to `faults`, so that it happens once.
"""

import os
from pathlib import Path
from types import MethodType
from typing import Any, Final, Protocol

from fsspec.asyn import sync

from codecorpus.pipelines.storage import settings, transfer_stats
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.prefetch import AT_ONCE
from codecorpus.pipelines.storage.retry import ForbiddenError, ShortError, attempt
from codecorpus.pipelines.storage.stores.base import fetch_by_ranges, look_at_stored

_STAMPS: Final = (
    "generation", "ETag", "blob_id", "etag", "mtime", "LastModified", "last_modified",
)  # fmt: skip


class Buckets:
    """One scheme's files."""

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self._fs = _open(scheme)

    def filesystem(self) -> Any:  # noqa: ANN401 - of fsspec
        """The file system itself."""
        return self._fs

    def path(self, url: str) -> str:
        """What the file system calls it."""
        found: str = self._fs._strip_protocol(url)  # noqa: SLF001 - fsspec has no public name
        return found

    def look(self, url: str) -> FileInfo | None:
        """What stands under a URL."""
        try:
            info = attempt(url, lambda: self._fs.info(self.path(url)))
        except FileNotFoundError:
            return None
        return self._found(info)

    def children(self, url: str) -> list[FileInfo]:
        """What stands directly in a folder."""
        try:
            infos = attempt(url, lambda: self._fs.ls(self.path(url), detail=True))
        except FileNotFoundError:
            return []
        return [found for found in map(self._found, infos) if found.url != url]

    def below(self, url: str) -> list[FileInfo]:
        """All files below a folder."""
        try:
            infos = attempt(url, lambda: self._fs.find(self.path(url), detail=True))
        except FileNotFoundError:
            return []
        return [found for found in map(self._found, infos.values()) if not found.is_folder]

    def read(self, url: str, begin: int, end: int) -> bytes:
        """The bytes of a range."""

        def get() -> bytes:
            data: bytes = self._fs.cat_file(self.path(url), start=begin, end=end)
            transfer_stats.note(len(data))
            return _whole(data, end - begin)

        return attempt(url, get) if end > begin else b""

    def at_once(self, found: FileInfo) -> bytes | None:
        """All bytes of a listed file by one request; None: it has changed, or nobody can tell."""
        ask = _GETS.get(self._scheme)
        if ask is None:
            return None

        def get() -> bytes | None:
            data = ask(self._fs, self.path(found.url), found.stamp)
            if data is None:
                return None
            transfer_stats.note(len(data))
            return _whole(data, found.size)

        return attempt(found.url, get)

    def fetch(self, found: FileInfo, into: Path) -> None:
        """Write a whole file to this machine's disk, range by range."""
        fetch_by_ranges(self, found, into)

    def put(self, path: Path, url: str) -> FileInfo:
        """Store a file; it appears when its upload ends.

        Raises:
            ForbiddenError: there is no such bucket, or the server refuses.
            RemoteError: it failed every time.
        """
        try:
            attempt(url, lambda: self._fs.put_file(str(path), self.path(url)))
        except FileNotFoundError as error:
            raise _no_bucket(url) from error
        return look_at_stored(self, url, path.stat().st_size)

    def write(self, url: str, data: bytes, *, create: bool = False) -> None:
        """Store some bytes; errors as of `put`, and FileExistsError."""
        options = {"mode": "create"} if create else {}
        try:
            attempt(url, lambda: self._fs.pipe_file(self.path(url), data, **options))
        except FileNotFoundError as error:
            raise _no_bucket(url) from error

    def remove(self, url: str) -> None:
        """Remove a file, or all below a folder."""
        found = self.look(url)
        if found is not None:
            try:
                attempt(url, lambda: self._fs.rm(self.path(url), recursive=found.is_folder))
            except FileNotFoundError:  # another was faster
                return

    def for_arrow(self, url: str) -> tuple[Any, str]:
        """The file system, and what it calls a folder."""
        return self._fs, self.path(url)

    def close(self) -> None:
        """Nothing: fsspec's file systems let connections go by themselves."""

    def _found(self, info: dict[str, Any]) -> FileInfo:
        name = str(info["name"]).rstrip("/")
        url = name if "://" in name else f"{self._scheme}://{name}"
        if info["type"] == "directory":
            return FileInfo(url, 0, "", is_folder=True)
        stamp = next((str(info[key]) for key in _STAMPS if info.get(key)), "")
        return FileInfo(url, int(info["size"] or 0), stamp.strip('"'))


def _no_bucket(url: str) -> ForbiddenError:
    """The error of a file that cannot be written since what it should stand in is missing."""
    bucket = "/".join(url.split("/")[:3])
    return ForbiddenError(f"{url}: there is no bucket {bucket}; make it first, or give another")


def _whole(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise ShortError(f"{len(data):,} bytes came where {size:,} were asked for")
    return data


def _open(scheme: str) -> Any:  # noqa: ANN401 - of fsspec
    return {"s3": _s3, "gs": _gs, "hf": _hub}[scheme]()


def _s3() -> Any:  # noqa: ANN401
    import s3fs

    wait = settings.timeout()
    system = s3fs.S3FileSystem(
        use_listings_cache=False,
        skip_instance_cache=True,
        config_kwargs={
            "connect_timeout": min(wait, 10),
            "read_timeout": wait,
            "retries": {"total_max_attempts": 1},
            "max_pool_connections": 2 * AT_ONCE,
        },
    )
    system.retries = 1
    return system


def _gs() -> Any:  # noqa: ANN401
    import aiohttp
    from gcsfs.core import GCSFileSystem  # not the package's own, which asks by gRPC, too

    wait = settings.timeout()
    silence = aiohttp.ClientTimeout(
        total=10 * wait,  # of 50 MB sent at once: silence is noticed only in what is received
        sock_connect=min(wait, 10),
        sock_read=wait,
    )
    system = GCSFileSystem(
        use_listings_cache=False, skip_instance_cache=True, requests_timeout=silence
    )
    once = GCSFileSystem._request.__wrapped__  # noqa: SLF001 - it has no setting for retries
    system._request = MethodType(once, system)  # noqa: SLF001
    return system


def _hub() -> Any:  # noqa: ANN401
    import huggingface_hub

    return huggingface_hub.HfFileSystem(
        endpoint=os.environ.get("HF_ENDPOINT"), skip_instance_cache=True
    )


class _Get(Protocol):
    """Asks one kind of store."""

    def __call__(self, system: Any, path: str, stamp: str) -> bytes | None:  # noqa: ANN401
        """All bytes of an object; None if the answer does not say that it has this stamp.

        Args:
            system: the store's file system, of fsspec.
            path: what it calls the object.
            stamp: as of `FileInfo`.
        """


def _of_s3(system: Any, path: str, stamp: str) -> bytes | None:  # noqa: ANN401
    async def get() -> bytes | None:
        bucket, key, _ = system.split_path(path)
        answer = await system._call_s3("get_object", Bucket=bucket, Key=key)  # noqa: SLF001
        try:
            if answer.get("ETag", "").strip('"') != stamp:
                return None
            data: bytes = await answer["Body"].read()
            return data
        finally:
            answer["Body"].close()

    found: bytes | None = sync(system.loop, get)
    return found


def _of_gs(system: Any, path: str, stamp: str) -> bytes | None:  # noqa: ANN401
    headers, data = sync(system.loop, system._call, "GET", system.url(path))  # noqa: SLF001
    return data if headers.get("x-goog-generation") == stamp else None


_GETS: Final[dict[str, _Get]] = {"s3": _of_s3, "gs": _of_gs}
"""By scheme; of other stores' answers nothing is told by which one would know."""
