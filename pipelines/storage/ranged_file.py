"""A remote file as its reader sees it: bytes at places, fetched in ranges ahead of it.

A reader that goes forward gets ever larger ranges, up to WINDOW bytes, the next one being fetched
while it works on the last; so two such windows are held. One that jumps gets small ranges, and a
range that is larger than a window is fetched as it is asked for.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from codecorpus.pipelines.storage import transfer_stats
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.retry import ChangedError
from codecorpus.pipelines.storage.stores import store_of
from codecorpus.pipelines.storage.stores.base import SingleStore

WINDOW: Final = 8 << 20
"""Bytes of the largest range that is fetched ahead."""

_FIRST: Final = 256 << 10

Fetch = Callable[[int, int], bytes]


def look_again(url: str, size: int, stamp: str) -> FileInfo:
    """What stands under a URL that was listed.

    Raises:
        ChangedError: it is gone, or another file.
    """
    found = store_of(url).look(url)
    if found is None:
        raise gone(url)
    if (found.size, found.stamp) != (size, stamp):
        raise ChangedError(
            f"{url}: it has changed since it was listed ({size:,} bytes, {stamp}; now "
            f"{found.size:,} bytes, {found.stamp}); put the old one back, or build anew"
        )
    return found


def get(found: FileInfo) -> bytes:
    """All bytes of a file that was listed, by one request where the store can.

    Raises:
        ChangedError: it is gone, or another file.
        RemoteError: it cannot be had.
    """
    store = store_of(found.url)
    try:
        data = store.at_once(found) if isinstance(store, SingleStore) else None
        if data is None:
            look_again(found.url, found.size, found.stamp)
            data = store.read(found.url, 0, found.size)
    except FileNotFoundError as error:
        raise gone(found.url) from error
    return data


def gone(url: str) -> ChangedError:
    """The error of a file that was there."""
    return ChangedError(f"{url}: gone since it was listed; put it back, or build anew")


class RemoteFile:
    """An open remote file; one thread reads it.

    Args:
        fetch: gives the bytes of a range.
        size: of the file.
        end: nothing behind it is fetched ahead, as another part reads it; what is asked for there
            all the same, the end of a line, comes in ranges that begin small again.
    """

    def __init__(self, fetch: Fetch, size: int, end: int | None = None) -> None:
        self._fetch = fetch
        self._size = size
        self._end = size if end is None else min(end, size)
        self._fetched = 0
        self._begin = 0
        self._window = b""
        self._step = self._behind = _FIRST
        self._ahead: tuple[int, int, Future[bytes]] | None = None
        self._thread: ThreadPoolExecutor | None = None

    def pread(self, size: int, at: int) -> bytes:
        """The bytes from `at` on: `size` of them, fewer only at the end of the file."""
        end = min(at + size, self._size)
        if at >= end:
            return b""
        if not (self._begin <= at and end <= self._begin + len(self._window)):
            self._move(at, end)
        return self._window[at - self._begin : end - self._begin]

    def preadinto(self, buffer: memoryview, at: int) -> int:
        """Fill a buffer with the bytes from `at` on; how many."""
        data = self.pread(len(buffer), at)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Fetch nothing more."""
        if self._fetched >= self._size:
            transfer_stats.note(self._size, whole=True)
        self._fetched = 0
        self._window, self._ahead = b"", None
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _move(self, at: int, end: int) -> None:
        """Let the window hold [at, end), and have what follows fetched."""
        stop = self._begin + len(self._window)
        forward = self._begin <= at <= stop and bool(self._window)
        self._step = min(2 * self._step, WINDOW) if forward else _FIRST
        kept = self._window[at - self._begin :] if forward else b""
        start = at + len(kept)
        while start < end:
            piece = self._piece(start, end)
            kept = kept + piece if kept else piece
            start += len(piece)
        self._begin, self._window = at, kept
        if forward:
            self._look_ahead(start)

    def _piece(self, start: int, end: int) -> bytes:
        """The bytes from `start` on, as far as they were fetched ahead or at least up to `end`."""
        if self._ahead is not None:
            begin, stop, future = self._ahead
            self._ahead = None
            if begin <= start < stop:
                return self._came(future.result())[start - begin :]
        return self._came(self._fetch(start, self._stop(start, end)))

    def _came(self, piece: bytes) -> bytes:
        self._fetched += len(piece)
        return piece

    def _stop(self, start: int, end: int) -> int:
        """Where a range from `start` on ends."""
        if start < self._end:
            return max(end, min(start + self._step, self._end))
        stop = max(end, min(start + self._behind, self._size))
        self._behind = min(2 * self._behind, WINDOW)
        return stop

    def _look_ahead(self, start: int) -> None:
        if start >= self._end:
            return
        stop = self._stop(start, start)
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="remote")
        self._ahead = start, stop, self._thread.submit(self._fetch, start, stop)
