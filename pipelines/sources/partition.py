"""How inputs are cut into parts of about one size.

A file weighs its size if its name may be that of source code, and else little more than nothing,
since it will not be read; so do files over the usual limit of a record.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.pipelines.sources.base import Limits

NotSource = Callable[[pa.Array], NDArray[np.bool_]]
"""Which paths are no source code by their names."""

Weights = NDArray[np.int64]
"""How much of a part each input takes up, in bytes to read."""

_ROW: Final = 1_024  # bytes of text that take about as long as opening a file


def weigh(paths: pa.Array | pa.ChunkedArray, sizes: NDArray[np.int64], no: NotSource) -> Weights:
    """The weights of files by path and size in bytes."""
    if isinstance(paths, pa.ChunkedArray):
        paths = paths.combine_chunks()
    read = ~np.asarray(no(paths), np.bool_) & (sizes <= Limits.record_bytes)
    return np.where(read, sizes, 0) + np.int64(_ROW)


def runs(weights: Weights, most: int, begun: int = 0) -> Iterator[tuple[int, int, int]]:
    """Cut weights in order into runs of at most `most`, or of one.

    Args:
        weights: of the inputs.
        most: what a run may weigh.
        begun: what the first run weighs already.

    Yields:
        begin, end and weight of each run; the first may be empty, the last is not full.
    """
    start, total = 0, begun
    for index, weight in enumerate(weights.tolist()):
        if total and total + weight > most:
            yield start, index, total
            start, total = index, 0
        total += weight
    yield start, len(weights), total


class Cutter:
    """Groups inputs in order into parts of about `part_bytes`."""

    def __init__(self, part_bytes: int) -> None:
        self._most = part_bytes
        self._held: list[pa.Table] = []
        self._weight = 0

    def add(self, inputs: pa.Table, weights: Weights) -> Iterator[pa.Table]:
        """Take inputs up; the parts that are full by now."""
        *full, (start, end, weight) = runs(weights, self._most, self._weight)
        for first, last, _ in full:
            self._held.append(inputs.slice(first, last - first))
            yield from self.rest()
        if end > start:
            self._held.append(inputs.slice(start, end - start))
        self._weight = weight

    def rest(self) -> Iterator[pa.Table]:
        """What is held as a last part."""
        if self._held:
            yield pa.concat_tables(self._held).combine_chunks()
        self._held, self._weight = [], 0
