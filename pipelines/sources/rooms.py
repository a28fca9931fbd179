"""The buffers that batches' contents lie in: memory that the system has given is used again."""

import weakref
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SPARES: Final = 2  # buffers kept: one being filled and one in the caller's hands

_spare: list[NDArray[np.uint8]] = []  # whose batches are gone


def take_room(size: int) -> NDArray[np.uint8]:
    """A buffer of `size` bytes, if possible one whose pages the system has given already."""
    while _spare:
        room = _spare.pop()
        if len(room) == size:
            return room
    return np.empty(size, np.uint8)


def lend(room: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The first bytes of a buffer, which comes back when nothing holds them any more."""
    view = room[:size]
    weakref.finalize(view, _take_back, room).atexit = False
    return view


def _take_back(room: NDArray[np.uint8]) -> None:
    if len(_spare) < _SPARES:
        _spare.append(room)
