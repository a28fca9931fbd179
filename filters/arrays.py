"""The part of a text that decides: its first bytes, as Arrow arrays that RE2 can search.

Values are copied out of the shared buffer (a head is small), as bytes: RE2 then needs no valid
UTF-8, so a head may be cut inside a character.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

HEAD = 32 << 10
"""How many bytes of a text the languages look at."""


def to_arrow(column: ByteColumn) -> pa.LargeBinaryArray:
    """The values behind each other in a buffer of their own, as large_binary without nulls."""
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
    """Copy value i, which begins at starts[i], to out[offsets[i]:offsets[i + 1]].

    The caller guarantees that every value lies in `data`, and that `out` is offsets[-1] long.
    """
    for i in range(len(starts)):
        size = offsets[i + 1] - offsets[i]
        out[offsets[i] : offsets[i] + size] = data[starts[i] : starts[i] + size]
