"""Looking into many inputs, to cut them: one after the other, or several that lie elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from codecorpus.pipelines.storage.locations import Location, Url

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE: Final = 8
"""Inputs elsewhere that are looked into at a time: each may hold two windows of 8 MiB."""


def each(call: Callable[[T], R], inputs: Iterable[T], paths: Sequence[Location]) -> Iterator[R]:
    """What a call gives of each input, in their order.

    Args:
        call: looks into an input; of inputs elsewhere in a thread of its own.
        inputs: files, archives or folders.
        paths: where they were listed.
    """
    if not any(isinstance(path, Url) for path in paths):
        return map(call, inputs)
    from codecorpus.pipelines.storage.prefetch import map_ordered  # local builds need none of it

    return map_ordered(call, inputs, concurrency=_AT_ONCE)
