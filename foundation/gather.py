"""Kernels for rows in memory-mapped files: copy ranges of them, read them ahead, mask padding.

Rows are addressed by number across many mapped files, which are not copied or concatenated first.
"""

import mmap
from typing import Any, Final

import numpy as np
from numba import carray, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel

_PAGE: Final = mmap.PAGESIZE
_WILL_NEED: Final = mmap.MADV_WILLNEED
# Found by its name when a kernel is loaded, so kernels that call it can be cached on disk.
_madvise = types.ExternalFunction("madvise", types.intc(types.uintp, types.uintp, types.intc))


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


@kernel
def read_ahead(
    rows: NDArray[np.int64],
    begins: NDArray[np.int64],
    first_rows: NDArray[np.int64],
    addresses: NDArray[np.int64],
    width: int,
    ids: int,
) -> None:
    """Ask the operating system to read part of each row into memory, without waiting for it.

    A page that is not in memory otherwise costs a fault in its turn, one at a time. A page that is
    costs about a microsecond per row, as much as the copy.

    Args:
        rows: int64[n], numbers of rows.
        begins: int64[n], the first id of each row to read.
        first_rows: int64[chunks + 1], the first row of each chunk, and the number of all rows.
        addresses: int64[chunks], the address of each chunk's first id.
        width: ids of a row.
        ids: number of ids to read of each row.
    """
    for index in range(len(rows)):
        chunk = np.searchsorted(first_rows, rows[index], side="right") - 1
        offset = (rows[index] - first_rows[chunk]) * width + begins[index]
        begin = addresses[chunk] + 2 * offset
        page = begin // _PAGE * _PAGE
        _madvise(np.uintp(page), np.uintp(begin + 2 * ids - page), np.int32(_WILL_NEED))


@kernel
def mask_targets(lengths: NDArray[np.int32], out: NDArray[np.bool_]) -> None:
    """Mark the valid targets of rows; target i is the id at i + 1.

    Args:
        lengths: int32[n], valid ids of each row, in 0..targets + 1.
        out: bool[n, targets], receives the mask.
    """
    for index in range(len(lengths)):
        valid = max(0, lengths[index] - 1)
        out[index, :valid] = True
        out[index, valid:] = False
