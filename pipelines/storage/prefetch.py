"""Concurrent requests whose results are returned in order.

A request to a store takes tens of milliseconds, nearly all of it waiting, so a reader of many small
files requests the next ones while it waits for the first. The bytes held are bounded.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Generic, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")

CONCURRENCY: Final = 16
"""Concurrent requests per process."""

MAX_BYTES: Final = 32 << 20
"""Bytes requested or waiting to be read; a single larger result is still allowed."""


class Prefetcher(Generic[T, R]):
    """An iterator over the results of calls that run ahead of it; raises what a call raised.

    Args:
        call: receives an item; runs on a thread of its own.
        items: pairs of an item and the approximate size of its result in bytes.
        concurrency: calls at a time.
        max_bytes: as MAX_BYTES.
    """

    def __init__(
        self,
        call: Callable[[T], R],
        items: Iterable[tuple[T, int]],
        *,
        concurrency: int = CONCURRENCY,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._call, self._items = call, iter(items)
        self._pending: deque[tuple[Future[R], int]] = deque()
        self._next: tuple[T, int] | None = next(self._items, None)
        self._concurrency, self._max_bytes, self._bytes = concurrency, max_bytes, 0
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="prefetch")

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> R:
        self._submit()
        if not self._pending:
            raise StopIteration
        future, size = self._pending.popleft()
        result = future.result()
        self._bytes -= size
        self._submit()
        return result

    def close(self) -> None:
        """Start no further calls."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _submit(self) -> None:
        """Submit as many calls as the limits allow."""
        while self._next is not None and len(self._pending) < 2 * self._concurrency:
            item, size = self._next
            if self._pending and self._bytes + size > self._max_bytes:
                return
            self._pending.append((self._threads.submit(self._call, item), size))
            self._bytes += size
            self._next = next(self._items, None)


def map_ordered(
    call: Callable[[T], R], items: Iterable[T], *, concurrency: int = CONCURRENCY
) -> Iterator[R]:
    """Like `map`, with up to `concurrency` calls at a time on threads of their own.

    At most twice as many results are held as calls run.
    """
    results = Prefetcher(call, ((item, 0) for item in items), concurrency=concurrency)
    try:
        yield from results
    finally:
        results.close()
