"""Calls made ahead give their results in order, and no more are held than allowed."""

import threading
from collections.abc import Iterator

import pytest

from codecorpus.pipelines.storage.prefetch import Ahead, in_order


def test_results_come_in_the_order_of_the_items() -> None:
    gate = threading.Event()

    def call(item: int) -> int:
        if item == 0:
            gate.wait(5)
        elif item == 3:
            gate.set()
        return item * item

    assert list(in_order(call, range(50), at_once=4)) == [item * item for item in range(50)]


def test_an_error_comes_in_its_turn() -> None:
    def call(item: int) -> int:
        if item == 2:
            raise ValueError("two")
        return item

    found = in_order(call, range(5))
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(found)


def test_of_nothing_nothing_comes() -> None:
    assert list(in_order(str, [])) == []


def test_what_is_asked_for_is_bounded_but_for_one() -> None:
    sizes = [10, 60, 70, 300, 10]
    seen: list[int] = []

    def items() -> Iterator[tuple[int, int]]:
        for size in sizes:
            seen.append(size)
            yield size, size

    ahead = Ahead(lambda size: size, items(), held=100)
    assert ahead.take() == 10
    assert seen == sizes[:3], "the third does not fit beside the second"
    assert [ahead.take() for _ in range(4)] == sizes[1:]
    with pytest.raises(StopIteration):
        ahead.take()
    ahead.close()
