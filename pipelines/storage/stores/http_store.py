"""Reads files by HTTP, in ranges if the server supports them; cannot list or write files.

Every response is checked: its status, its range and its length, and that it is not a web page
instead of the file.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2

from codecorpus.foundation.errors import InputError, UsageError
from codecorpus.pipelines.storage import settings, transfer_stats
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.retry import with_retries

_CONTENT_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")


class HttpStore:
    """Files under http:// and https://."""

    def __init__(self) -> None:
        timeout = settings.timeout()
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(timeout, connect=min(timeout, 10)),
            follow_redirects=True,
            headers={"Accept-Encoding": "identity"},
        )

    def info(self, url: str) -> FileInfo | None:
        """The file at a URL, by requesting its first byte; None if there is none.

        Raises:
            InputError: the response is a web page, or does not state the file's size.
        """
        try:
            return with_retries(url, lambda: self._info(url))
        except FileNotFoundError:
            return None

    def list_folder(self, url: str) -> list[FileInfo]:
        """Not supported.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{url}: web servers have no folders; list each file by its own URL")

    def find_files(self, url: str) -> list[FileInfo]:
        """Not supported, as `list_folder`."""
        return self.list_folder(url)

    def read(self, url: str, begin: int, end: int) -> bytes:
        """Exactly the bytes [begin, end) of a file."""

        def get() -> bytes:
            with self._get(url, begin, end - 1) as response:
                if response.status_code != 206 or _range(response)[:2] != (begin, end - 1):
                    received = response.headers.get("content-range", "no range")
                    raise ConnectionError(
                        f"requested bytes {begin} to {end - 1}, received status "
                        f"{response.status_code} with {received}"
                    )
                return b"".join(_body(response, end - begin))

        return with_retries(url, get) if end > begin else b""

    def read_if_unchanged(self, file: FileInfo) -> bytes | None:  # noqa: ARG002
        """Return None: not every server sends an etag with every response."""
        return None

    def download(self, file: FileInfo, path: Path) -> None:
        """Write a whole file to this machine's disk, by one request."""

        def get() -> None:
            with self._get(file.url) as response, path.open("wb") as local:
                for chunk in _body(response, file.size):
                    local.write(chunk)

        with_retries(file.url, get)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _info(self, url: str) -> FileInfo:
        with self._get(url, 0, 0) as response:
            if response.headers.get("content-type", "").startswith("text/html"):
                raise InputError(
                    f"{url}: received a web page (from {response.url}), expected the file itself; "
                    "the URL may require a login, or be that of a page about the file"
                )
            ranged = response.status_code in {206, 416}
            size = _range(response)[2] if ranged else _length(response)
            if size is None:
                raise InputError(f"{url}: the server does not state the size of the file")
            stamp = response.headers.get("etag") or response.headers.get("last-modified") or ""
            return FileInfo(url, size, stamp.strip('"'), supports_ranges=ranged)

    @contextlib.contextmanager
    def _get(
        self, url: str, first: int | None = None, last: int | None = None
    ) -> Iterator[httpx2.Response]:
        """An open response, whose status is not an error."""
        headers = {} if first is None else {"Range": f"bytes={first}-{last}"}
        with self._client.stream("GET", url, headers=headers) as response:
            if response.is_error and response.status_code != 416:
                response.raise_for_status()
            yield response


def _body(response: httpx2.Response, size: int) -> Iterator[bytes]:
    """The chunks of a body of exactly `size` bytes.

    Raises:
        ConnectionError: the body is shorter or longer; a longer one is not read to its end.
    """
    received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        transfer_stats.record(fetched=len(chunk))
        if received > size:
            raise ConnectionError(f"received more than the {size:,} bytes that were requested")
        yield chunk
    if received < size:
        raise ConnectionError(f"requested {size:,} bytes, received {received:,}")


def _range(response: httpx2.Response) -> tuple[int | None, int | None, int | None]:
    """First byte, last byte and file size from the header Content-Range; None: not stated."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
    if match is None:
        return None, None, None
    first, last, size = (int(number) if number else None for number in match.groups())
    return first, last, size


def _length(response: httpx2.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isdigit() else None
