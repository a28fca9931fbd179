"""Reads a remote file at any offset, by range requests that run ahead of the reader.

A sequential reader gets growing ranges, up to WINDOW bytes, and the next one is fetched while it
works on the last, so two windows are held. A reader that jumps gets small ranges. A read that is
larger than a window is fetched by one request.

Why not fsspec's caches: their blocks have one size, so a reader that jumps would fetch 8 MiB where
256 KiB do, and they read ahead past the end of a split.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from codecorpus.pipelines.storage import transfer_stats

WINDOW: Final = 8 << 20
"""Bytes of the largest range that is fetched ahead."""

_FIRST: Final = 256 << 10

Fetch = Callable[[int, int], bytes]


class RangedFile:
    """An open remote file, for a single thread.

    Args:
        fetch: returns the bytes [begin, end).
        size: of the file, in bytes.
        end: where the split that is being read ends. Nothing after it is fetched ahead, as another
            split covers it; reads that do go on, to the end of a line, start with small ranges
            again.
    """

    def __init__(self, fetch: Fetch, size: int, end: int | None = None) -> None:
        self._fetch = fetch
        self._size = size
        self._end = size if end is None else min(end, size)
        self._fetched = 0
        self._begin = 0  # of the window
        self._window = b""
        self._step = self._step_after_end = _FIRST
        self._next: tuple[int, int, Future[bytes]] | None = None
        self._thread: ThreadPoolExecutor | None = None

    def pread(self, size: int, at: int) -> bytes:
        """The `size` bytes from offset `at` on; fewer only at the end of the file."""
        end = min(at + size, self._size)
        if at >= end:
            return b""
        if not (self._begin <= at and end <= self._begin + len(self._window)):
            self._move(at, end)
        return self._window[at - self._begin : end - self._begin]

    def preadinto(self, buffer: memoryview, at: int) -> int:
        """Fill a buffer with the bytes from offset `at` on; return how many."""
        data = self.pread(len(buffer), at)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Cancel what is being fetched."""
        if self._fetched >= self._size:
            transfer_stats.record(whole=self._size)
        self._fetched = 0
        self._window, self._next = b"", None
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _move(self, at: int, end: int) -> None:
        """Move the window so that it holds [at, end), and fetch ahead."""
        window_end = self._begin + len(self._window)
        forward = self._begin <= at <= window_end and bool(self._window)
        self._step = min(2 * self._step, WINDOW) if forward else _FIRST
        window = self._window[at - self._begin :] if forward else b""
        start = at + len(window)
        while start < end:
            piece = self._piece(start, end)
            window = window + piece if window else piece
            start += len(piece)
        self._begin, self._window = at, window
        if forward:
            self._fetch_ahead(start)

    def _piece(self, start: int, end: int) -> bytes:
        """The bytes from `start` on: what was fetched ahead, or a new range up to `end` or more."""
        begin, piece = start, None
        if self._next is not None:
            begin, stop, future = self._next
            self._next = None
            if begin <= start < stop:
                piece = future.result()
        if piece is None:
            begin, piece = start, self._fetch(start, self._range_end(start, end))
        self._fetched += len(piece)
        return piece[start - begin :]

    def _range_end(self, start: int, end: int) -> int:
        """Where a range that starts at `start` and includes `end` should stop."""
        if start < self._end:
            return max(end, min(start + self._step, self._end))
        stop = max(end, min(start + self._step_after_end, self._size))
        self._step_after_end = min(2 * self._step_after_end, WINDOW)
        return stop

    def _fetch_ahead(self, start: int) -> None:
        if start >= self._end:
            return
        stop = self._range_end(start, start)
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="fetch-ahead")
        self._next = start, stop, self._thread.submit(self._fetch, start, stop)
