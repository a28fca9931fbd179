"""Merge sorted arrays range by range, so that the pairs of all bands fit into memory.

The ranges depend on the arrays alone. No range is much larger than the others, even if one file is
the better one of millions of pairs.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 16
"""Values sampled from each array for each range."""


def split_ranges(
    arrays: Sequence[NDArray[np.uint64]], ranges: int
) -> list[list[NDArray[np.uint64]]]:
    """Split sorted arrays at the same values, into ranges of about the same number of entries.

    A range holds at most about 1 + 1 / 8 times its share. Equal values are in the same range.

    Args:
        arrays: uint64, each ascending; may be memory maps.
        ranges: number of ranges, at least 1.

    Returns:
        For each range the slice of each array (views); every value of a range is less than every
        value of the next one.
    """
    bounds = _bounds(arrays, ranges)
    edges = [[0, *np.searchsorted(array, bounds).tolist(), len(array)] for array in arrays]
    return [
        [array[edge[index] : edge[index + 1]] for array, edge in zip(arrays, edges, strict=True)]
        for index in range(ranges)
    ]


def merge_distinct(
    arrays: Sequence[NDArray[np.uint64]], *, size: int
) -> Iterator[NDArray[np.uint64]]:
    """The distinct values of sorted arrays, ascending, in blocks of about `size` or fewer.

    Args:
        arrays: uint64, each ascending; may be memory maps.
        size: values in a block; at most twice as many entries are held in memory.
    """
    total = sum(len(array) for array in arrays)
    block: list[NDArray[np.uint64]] = []
    held = 0
    for slices in split_ranges(arrays, -(-total // size)) if total else []:
        distinct = _distinct(np.concatenate(slices))
        if held and held + len(distinct) > size:
            yield np.concatenate(block)
            block, held = [], 0
        block.append(distinct)
        held += len(distinct)
    if held:
        yield np.concatenate(block)


def _bounds(arrays: Sequence[NDArray[np.uint64]], ranges: int) -> NDArray[np.uint64]:
    """The least value of each range but the first, uint64[ranges - 1], ascending."""
    total = sum(len(array) for array in arrays)
    step = max(total // (ranges * _SAMPLES * max(len(arrays), 1)), 1)
    samples = np.concatenate([np.empty(0, np.uint64), *(a[step - 1 :: step] for a in arrays)])
    samples.sort()
    at = np.arange(1, ranges) * len(samples) // ranges
    return samples[at] if len(samples) else np.zeros(ranges - 1, np.uint64)


def _distinct(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sort in place and return each value once."""
    values.sort()
    keep = np.ones(len(values), np.bool_)
    keep[1:] = values[1:] != values[:-1]
    return values[keep]
