"""The buffers that batches' contents lie in: memory that the system has given is used again.

They are not made of huge pages, as numpy's own large arrays are. Where memory is in pieces, as on a
machine that does much else, the system takes longer to find and clear those than the reading takes:
135 MB of files took 400 ms of a core instead of 170.
"""

import mmap
import weakref
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_SPARES: Final = 3  # buffers kept: one being filled, one in the caller's hands, one of lines

_spare: list[NDArray[np.uint8]] = []  # whose batches are gone


def take_room(size: int) -> NDArray[np.uint8]:
    """A buffer of `size` bytes, if possible one whose pages the system has given already."""
    for place, room in enumerate(_spare):
        if len(room) == size:
            return _spare.pop(place)
    return _make_room(size)


def _make_room(size: int) -> NDArray[np.uint8]:
    """A new buffer of `size` bytes, at least one; memory is taken for what is written to only."""
    pages = mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        pages.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(pages, np.uint8)


def lend(room: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The first bytes of a buffer, which comes back when nothing holds them any more."""
    view = room[:size]
    weakref.finalize(view, _take_back, room).atexit = False
    return view


def binary_column(
    room: NDArray[np.uint8], ends: list[int], valid: list[bool] | NDArray[np.bool_]
) -> pa.Array:
    """The values in a buffer as large_binary[n]; the buffer comes back when the array is gone.

    Args:
        room: from `take_room`; holds the values one after the other.
        ends: n numbers, one past the end of each value.
        valid: n flags, whether each value is not null.
    """
    flags = np.asarray(valid, np.bool_)
    offsets = np.array([0, *ends], np.int64)
    buffers = [
        pa.py_buffer(np.packbits(flags, bitorder="little")),
        pa.py_buffer(offsets),
        pa.py_buffer(lend(room, int(offsets[-1]))),
    ]
    nulls = len(flags) - int(np.count_nonzero(flags))
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(flags), buffers, nulls)


def _take_back(room: NDArray[np.uint8]) -> None:
    _spare.append(room)
    if len(_spare) > _SPARES:
        _spare.pop(0)
