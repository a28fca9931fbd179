"""Buffers are used again, and never while somebody looks at them."""

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from codecorpus.pipelines.sources import buffer_pool
from codecorpus.pipelines.sources.buffer_pool import lend, take_room

SIZE = 1_000


@pytest.fixture(autouse=True)
def no_spares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer_pool, "_spare", [])


def address(room: NDArray[np.uint8]) -> int:
    return int(room.__array_interface__["data"][0])


def test_a_room_comes_back_when_nothing_holds_it() -> None:
    room = take_room(SIZE)
    place = address(room)
    view = lend(room, 10)
    del room
    del view
    assert address(take_room(SIZE)) == place


def test_a_room_that_is_looked_at_is_not_given_again() -> None:
    room = take_room(SIZE)
    room[:3] = (1, 2, 3)
    array = pa.Array.from_buffers(pa.uint8(), 3, [None, pa.py_buffer(lend(room, 3))])
    place = address(room)
    del room
    held = [take_room(SIZE) for _ in range(4)]
    assert place not in [address(other) for other in held]
    for other in held:
        other[:] = 9
    assert array.to_pylist() == [1, 2, 3]
    del array
    assert address(take_room(SIZE)) == place


def test_a_room_of_another_size_is_not_given() -> None:
    del_me = lend(take_room(SIZE), 1)
    del del_me
    assert len(take_room(SIZE + 1)) == SIZE + 1


def test_few_rooms_are_kept() -> None:
    views = [lend(take_room(SIZE), 1) for _ in range(10)]
    views.clear()
    assert len(buffer_pool._spare) == 3
