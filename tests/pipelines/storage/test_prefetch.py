"""Results come in order, and the bytes held are bounded."""

import threading
from collections.abc import Iterator

import pytest

from codecorpus.pipelines.storage.prefetch import Prefetcher, map_ordered


def test_results_come_in_the_order_of_the_items() -> None:
    gate = threading.Event()

    def call(item: int) -> int:
        if item == 0:
            gate.wait(5)
        elif item == 3:
            gate.set()
        return item * item

    assert list(map_ordered(call, range(50), concurrency=4)) == [item * item for item in range(50)]


def test_an_error_is_raised_in_its_turn() -> None:
    def call(item: int) -> int:
        if item == 2:
            raise ValueError("two")
        return item

    results = map_ordered(call, range(5))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(results)


def test_no_items_no_results() -> None:
    assert list(map_ordered(str, [])) == []


def test_the_bytes_requested_are_bounded_except_for_one_large_item() -> None:
    sizes = [10, 60, 70, 300, 10]
    seen: list[int] = []

    def items() -> Iterator[tuple[int, int]]:
        for size in sizes:
            seen.append(size)
            yield size, size

    results = Prefetcher(lambda size: size, items(), max_bytes=100)
    assert next(results) == 10
    assert seen == sizes[:3], "the third does not fit beside the second"
    assert [next(results) for _ in range(4)] == sizes[1:]
    with pytest.raises(StopIteration):
        next(results)
    results.close()
