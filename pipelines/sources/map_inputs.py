"""Inspects inputs in order, remote ones concurrently."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from codecorpus.pipelines.storage.locations import Location, Url

T = TypeVar("T")
R = TypeVar("R")

_CONCURRENCY: Final = 8
"""Remote inputs that are inspected at a time; each may hold two windows of 8 MiB."""


def map_inputs(
    inspect: Callable[[T], R], inputs: Iterable[T], paths: Sequence[Location]
) -> Iterator[R]:
    """The results of `inspect` for each input, in the order of the inputs.

    Args:
        inspect: called with one input; runs in threads if any path is remote.
        inputs: files, archives or folders.
        paths: the listed paths that the inputs come from.
    """
    if not any(isinstance(path, Url) for path in paths):
        return map(inspect, inputs)
    from codecorpus.pipelines.storage.prefetch import map_ordered  # local builds do without it

    return map_ordered(inspect, inputs, concurrency=_CONCURRENCY)
