"""Conversions between Arrow arrays, byte columns and NumPy arrays that the filters share."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

Mask = NDArray[np.bool_]


def to_mask(values: pa.Array) -> Mask:
    """A boolean array as bool[n]; null becomes False."""
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return mask


def matches_pattern(values: pa.Array, pattern: str) -> Mask:
    """bool[n], where the RE2 pattern is found in a value; False for null."""
    return to_mask(pc.match_substring_regex(values, pattern))


def to_arrow(column: ByteColumn) -> pa.LargeBinaryArray:
    """The values, copied into a buffer of their own, as large_binary without nulls.

    As bytes, because RE2 then accepts text that is cut in the middle of a character.
    """
    offsets = np.zeros(len(column) + 1, np.int64)
    np.cumsum(column.sizes, out=offsets[1:])
    data = np.empty(offsets[-1], np.uint8)
    _gather(column.data, column.starts, offsets, data)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), len(column), buffers)


@kernel
def _gather(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    offsets: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Copy the value at starts[i] to out[offsets[i]:offsets[i + 1]].

    The caller guarantees that every value is inside `data` and that `out` holds offsets[-1] bytes.
    """
    for i in range(len(starts)):
        size = offsets[i + 1] - offsets[i]
        out[offsets[i] : offsets[i] + size] = data[starts[i] : starts[i] + size]
