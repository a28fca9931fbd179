"""Reading goes on while what was read is worked on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; each is asked for, on a thread, before the one before it is worked on.

    So the disk is waited for while kernels, which hold no lock of the interpreter, compute. One
    item more is held in memory. What `items` raises is raised here, in its place.
    """
    with ThreadPoolExecutor(1, "reading") as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
