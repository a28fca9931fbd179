"""Several requests at a time, their answers in the order in which they were asked for.

A request to a store takes some tens of milliseconds, most of which is waiting; so a reader of many
small things asks for the next ones while it waits for the first. How much is held is bounded.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE: Final = 16
"""Requests that are under way at a time, in each process."""

HELD: Final = 32 << 20
"""Bytes that are asked for or wait to be taken, but for a single answer that has more."""


class Ahead(Generic[T, R]):
    """Calls made ahead of whoever takes their results, in order.

    Args:
        call: is given an item; runs in a thread of its own.
        items: each with how many bytes its result holds, about.
        at_once: as AT_ONCE.
        held: as HELD.
    """

    def __init__(
        self,
        call: Callable[[T], R],
        items: Iterable[tuple[T, int]],
        *,
        at_once: int = AT_ONCE,
        held: int = HELD,
    ) -> None:
        self._call, self._items = call, iter(items)
        self._waiting: deque[tuple[Future[R], int]] = deque()
        self._next: tuple[T, int] | None = next(self._items, None)
        self._at_once, self._most, self._held = at_once, held, 0
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="ahead")

    def take(self) -> R:
        """The next result, or what its call raised.

        Raises:
            StopIteration: all have been taken.
        """
        self._ask()
        if not self._waiting:
            raise StopIteration
        future, size = self._waiting.popleft()
        result = future.result()
        self._held -= size
        self._ask()
        return result

    def close(self) -> None:
        """Ask for nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self) -> None:
        """Ask for what there is room for."""
        while self._next is not None and len(self._waiting) < 2 * self._at_once:
            item, size = self._next
            if self._waiting and self._held + size > self._most:
                return
            self._waiting.append((self._threads.submit(self._call, item), size))
            self._held += size
            self._next = next(self._items, None)


def in_order(call: Callable[[T], R], items: Iterable[T], *, at_once: int = AT_ONCE) -> Iterator[R]:
    """What a call gives of each item, `at_once` of them under way at a time.

    Args:
        call: runs in a thread of its own.
        items: taken some ahead of the results.
        at_once: how many; no more results than twice as many are held.
    """
    ahead = Ahead(call, ((item, 0) for item in items), at_once=at_once)
    try:
        while True:
            try:
                result = ahead.take()
            except StopIteration:
                return
            yield result
    finally:
        ahead.close()
