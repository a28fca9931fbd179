"""Values of a byte column as one Arrow array."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel


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
