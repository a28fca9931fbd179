"""The pairs of all bands, each once, piece by piece: sorted arrays cut at the same values.

Where the cuts lie follows from the arrays alone, and no piece is much larger than the others, even
if one file is the better of millions of pairs.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 16
"""Values of each array that are looked at for each range."""


def cut(arrays: Sequence[NDArray[np.uint64]], ranges: int) -> list[list[NDArray[np.uint64]]]:
    """Cut sorted arrays into ranges of values, about as many entries in each range.

    A range holds at most about 1 + 1 / 8 of its share, and one value's entries stay together.

    Args:
        arrays: uint64, each ascending; may be memory maps.
        ranges: how many, at least 1.

    Returns:
        For each range the piece of each array, views; all values of a range are less than those of
        the next.
    """
    bounds = _bounds(arrays, ranges)
    cuts = [[0, *np.searchsorted(array, bounds).tolist(), len(array)] for array in arrays]
    return [
        [array[at[index] : at[index + 1]] for array, at in zip(arrays, cuts, strict=True)]
        for index in range(ranges)
    ]


def merge(pieces: Sequence[NDArray[np.uint64]], *, size: int) -> Iterator[NDArray[np.uint64]]:
    """The distinct values of sorted arrays, ascending, in blocks of about `size` or fewer.

    Args:
        pieces: uint64, each ascending; may be memory maps.
        size: values in a block; twice as many entries are held at most.
    """
    total = sum(len(piece) for piece in pieces)
    waiting: list[NDArray[np.uint64]] = []
    held = 0
    for part in cut(pieces, -(-total // size)) if total else []:
        found = _distinct(np.concatenate(part))
        if held and held + len(found) > size:
            yield np.concatenate(waiting)
            waiting, held = [], 0
        waiting.append(found)
        held += len(found)
    if held:
        yield np.concatenate(waiting)


def _bounds(arrays: Sequence[NDArray[np.uint64]], ranges: int) -> NDArray[np.uint64]:
    """uint64[ranges - 1], ascending, what is below each is in the ranges before."""
    total = sum(len(array) for array in arrays)
    step = max(total // (ranges * _SAMPLES * max(len(arrays), 1)), 1)
    samples = np.concatenate([np.empty(0, np.uint64), *(a[step - 1 :: step] for a in arrays)])
    samples.sort()
    at = np.arange(1, ranges) * len(samples) // ranges
    return samples[at] if len(samples) else np.zeros(ranges - 1, np.uint64)


def _distinct(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sort in place and keep each value once."""
    values.sort()
    keep = np.ones(len(values), np.bool_)
    keep[1:] = values[1:] != values[:-1]
    return values[keep]
