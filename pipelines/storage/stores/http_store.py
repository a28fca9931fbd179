"""Files by HTTP: whole, or in ranges where the server has them. Nothing can be listed or written.

What a server sends is checked: the status, the range and the length that it states, and that no web
page comes where a file was asked for.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2

from codecorpus.foundation.errors import InputError, UsageError
from codecorpus.pipelines.storage import settings, transfer_stats
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.retry import ShortError, attempt

_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")
_PAGE: Final = "text/html"


class Web:
    """Files under http:// and https://."""

    def __init__(self) -> None:
        wait = settings.timeout()
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(wait, connect=min(wait, 10)),
            follow_redirects=True,
            headers={"Accept-Encoding": "identity"},
        )

    def look(self, url: str) -> FileInfo | None:
        """What stands there, by asking for its first byte.

        Raises:
            InputError: a web page, or a file of a size that the server does not say.
        """
        try:
            return attempt(url, lambda: self._look(url))
        except FileNotFoundError:
            return None

    def children(self, url: str) -> list[FileInfo]:
        """Refused.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{url}: the web has no folders; name each file by its own URL")

    def below(self, url: str) -> list[FileInfo]:
        """Refused, as `children`."""
        return self.children(url)

    def read(self, url: str, begin: int, end: int) -> bytes:
        """The bytes of a range."""

        def get() -> bytes:
            with self._get(url, begin, end - 1) as response:
                if response.status_code != 206 or _range(response)[:2] != (begin, end - 1):
                    raise ShortError(f"asked for bytes {begin} to {end - 1}, got {_said(response)}")
                return b"".join(_body(response, end - begin))

        return attempt(url, get) if end > begin else b""

    def fetch(self, found: FileInfo, into: Path) -> None:
        """Write a whole file to this machine's disk."""

        def get() -> None:
            with self._get(found.url) as response, into.open("wb") as file:
                for chunk in _body(response, found.size):
                    file.write(chunk)

        attempt(found.url, get)

    def close(self) -> None:
        """Let connections go."""
        self._client.close()

    def _look(self, url: str) -> FileInfo:
        with self._get(url, 0, 0) as response:
            if response.headers.get("content-type", "").startswith(_PAGE):
                raise InputError(
                    f"{url}: a web page came (from {response.url}); expected the file itself: a "
                    "page to log in, or a link to a page about the file?"
                )
            ranged = response.status_code in {206, 416}
            size = _range(response)[2] if ranged else _length(response)
            if size is None:
                raise InputError(f"{url}: the server does not say how large the file is")
            stamp = response.headers.get("etag") or response.headers.get("last-modified") or ""
            return FileInfo(url, size, stamp.strip('"'), has_ranges=ranged)

    def _get(self, url: str, first: int | None = None, last: int | None = None) -> "_Response":
        headers = {} if first is None else {"Range": f"bytes={first}-{last}"}
        return _Response(self._client, url, headers)


class _Response:
    """An open answer that is no error; closed when the block ends."""

    def __init__(self, client: httpx2.Client, url: str, headers: dict[str, str]) -> None:
        self._stream = client.stream("GET", url, headers=headers)

    def __enter__(self) -> httpx2.Response:
        response = self._stream.__enter__()
        if response.is_error and response.status_code != 416:
            try:
                response.raise_for_status()
            finally:
                self._stream.__exit__(None, None, None)
        return response

    def __exit__(self, *_: object) -> None:
        self._stream.__exit__(None, None, None)


def _body(response: httpx2.Response, size: int) -> Iterator[bytes]:
    """Exactly `size` bytes; nothing is held of a body that is longer."""
    given = 0
    for chunk in response.iter_raw():
        given += len(chunk)
        transfer_stats.note(len(chunk))
        if given > size:
            raise ShortError(f"more than {size:,} bytes came")
        yield chunk
    if given < size:
        raise ShortError(f"{given:,} bytes came where {size:,} were asked for")


def _range(response: httpx2.Response) -> tuple[int | None, int | None, int | None]:
    """First and last byte, and the size of the whole, as the answer states them."""
    found = _RANGE.fullmatch(response.headers.get("content-range", ""))
    if found is None:
        return None, None, None
    first, last, size = (int(number) if number else None for number in found.groups())
    return first, last, size


def _length(response: httpx2.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isdigit() else None


def _said(response: httpx2.Response) -> str:
    stated = response.headers.get("content-range", "no range")
    return f"status {response.status_code} with {stated}"
