"""Divides inputs into parts of about equal weight.

The weight of a file is the bytes to read: its size, plus a constant for opening it. A file whose
name rules out source code, or that exceeds the default limit of a record, will not be read, so it
weighs only the constant.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.filters.languages.by_name import not_source
from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.storage.locations import Location, Url

T = TypeVar("T")
R = TypeVar("R")

Weights = NDArray[np.int64]
"""The bytes to read of each input."""

_CONCURRENCY: Final = 8
"""Remote inputs that are inspected at a time; each may hold two windows of 8 MiB."""

_OPEN_COST: Final = 1_024  # reading that many bytes takes about as long as opening a file


def weigh(paths: pa.Array | pa.ChunkedArray, sizes: NDArray[np.int64]) -> Weights:
    """The weights of files, int64[n].

    Args:
        paths: string[n].
        sizes: int64[n], in bytes.
    """
    if isinstance(paths, pa.ChunkedArray):
        paths = paths.combine_chunks()
    read = ~not_source(paths) & (sizes <= Limits.record_bytes)
    return np.where(read, sizes, 0) + np.int64(_OPEN_COST)


def runs(weights: Weights, limit: int, initial: int = 0) -> Iterator[tuple[int, int, int]]:
    """Divide inputs in order into runs of consecutive ones.

    Args:
        weights: of the inputs.
        limit: the largest weight of a run, unless it consists of a single input.
        initial: weight that the first run has already.

    Yields:
        Begin, end and weight of each run. The first may be empty, and the last is not full.
    """
    start, total = 0, initial
    for index, weight in enumerate(weights.tolist()):
        if total and total + weight > limit:
            yield start, index, total
            start, total = index, 0
        total += weight
    yield start, len(weights), total


class Partitioner:
    """Collects inputs in order into parts of about `part_bytes`."""

    def __init__(self, part_bytes: int) -> None:
        self._part_bytes = part_bytes
        self._pending: list[pa.Table] = []
        self._weight = 0

    def add(self, inputs: pa.Table, weights: Weights) -> Iterator[pa.Table]:
        """Add inputs; yield the parts that are full."""
        *full, (start, end, weight) = runs(weights, self._part_bytes, self._weight)
        for first, last, _ in full:
            self._pending.append(inputs.slice(first, last - first))
            yield from self.flush()
        if end > start:
            self._pending.append(inputs.slice(start, end - start))
        self._weight = weight

    def flush(self) -> Iterator[pa.Table]:
        """Yield the inputs that are not in a part yet as the last part, if there are any."""
        if self._pending:
            yield pa.concat_tables(self._pending).combine_chunks()
        self._pending, self._weight = [], 0


def partition_inputs(
    inspect: Callable[[T], tuple[pa.Table, Weights]],
    inputs: Iterable[T],
    paths: Sequence[Location],
    part_bytes: int,
) -> Iterator[pa.Table]:
    """Inspect inputs in order, and divide them into parts of about `part_bytes`.

    Args:
        inspect: describes an input by a table of one or more rows, with their weights; runs in
            threads if any path is remote.
        inputs: files, archives or folders.
        paths: the listed paths that the inputs come from.
        part_bytes: the weight of a part.
    """
    partitioner = Partitioner(part_bytes)
    for table, weights in map_inputs(inspect, inputs, paths):
        yield from partitioner.add(table, weights)
    yield from partitioner.flush()


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
