"""Buffers are reused, and never while anything refers to them."""

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from codecorpus.pipelines.sources import buffer_pool
from codecorpus.pipelines.sources.buffer_pool import acquire, releasing_view

SIZE = 1_000


@pytest.fixture(autouse=True)
def empty_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer_pool, "_pool", [])


def address(buffer: NDArray[np.uint8]) -> int:
    return int(buffer.__array_interface__["data"][0])


def test_a_buffer_is_reused_when_nothing_refers_to_it() -> None:
    buffer = acquire(SIZE)
    first = address(buffer)
    view = releasing_view(buffer, 10)
    del buffer
    del view
    assert address(acquire(SIZE)) == first


def test_a_buffer_in_use_is_not_reused() -> None:
    buffer = acquire(SIZE)
    buffer[:3] = (1, 2, 3)
    array = pa.Array.from_buffers(pa.uint8(), 3, [None, pa.py_buffer(releasing_view(buffer, 3))])
    first = address(buffer)
    del buffer
    others = [acquire(SIZE) for _ in range(4)]
    assert first not in [address(other) for other in others]
    for other in others:
        other[:] = 9
    assert array.to_pylist() == [1, 2, 3]
    del array
    assert address(acquire(SIZE)) == first


def test_a_buffer_of_another_size_is_not_reused() -> None:
    view = releasing_view(acquire(SIZE), 1)
    del view
    assert len(acquire(SIZE + 1)) == SIZE + 1


def test_the_pool_keeps_few_buffers() -> None:
    views = [releasing_view(acquire(SIZE), 1) for _ in range(10)]
    views.clear()
    assert len(buffer_pool._pool) == 3
