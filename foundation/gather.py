"""Copies ranges of memory-mapped rows into one array.

Rows are addressed by number across many mapped files, which are not copied or concatenated first.
"""

from typing import Any

import numpy as np
from numba import carray, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel


@intrinsic  # type: ignore[untyped-decorator]
def _pointer(_typing: Any, address: Any) -> Any:  # noqa: ANN401 - numba's compiler passes its own objects
    """An address as a pointer."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


@kernel
def gather_rows(
    rows: NDArray[np.int64],
    begins: NDArray[np.int64],
    first_rows: NDArray[np.int64],
    addresses: NDArray[np.int64],
    width: int,
    out: NDArray[np.uint16],
) -> None:
    """Copy part of each row.

    The caller guarantees that rows and ranges exist and that the memory stays mapped.

    Args:
        rows: int64[n], numbers of rows.
        begins: int64[n], the first id of each row to copy.
        first_rows: int64[chunks + 1], the first row of each chunk, and the number of all rows.
        addresses: int64[chunks], the address of each chunk's first id.
        width: ids of a row.
        out: uint16[n, ids], receives the copies.
    """
    for index in range(len(rows)):
        chunk = np.searchsorted(first_rows, rows[index], side="right") - 1
        offset = (rows[index] - first_rows[chunk]) * width + begins[index]
        source = carray(_pointer(addresses[chunk] + 2 * offset), out.shape[1], np.uint16)
        for column in range(out.shape[1]):
            out[index, column] = source[column]
