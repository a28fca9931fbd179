"""Inputs are inspected in order and divided into parts."""

import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.partition import (
    Partitioner,
    Weights,
    map_inputs,
    partition_inputs,
    runs,
    weigh,
)
from codecorpus.pipelines.storage.locations import Url

REMOTE = [Url("s3://bucket/a")]
WEIGHTS = st.lists(st.integers(1, 100), max_size=30)


@settings(deadline=None)
@given(WEIGHTS, st.integers(1, 150), st.integers(0, 150))
def test_runs_are_consecutive_and_as_full_as_possible(
    weights: list[int], limit: int, initial: int
) -> None:
    found = list(runs(np.array(weights, np.int64), limit, initial))
    assert [start for start, _, _ in found] == [0, *(end for _, end, _ in found[:-1])]
    assert found[-1][1] == len(weights)
    for number, (start, end, weight) in enumerate(found):
        assert weight == sum(weights[start:end]) + (initial if number == 0 else 0)
        assert weight <= limit or end - start <= (0 if number == 0 and initial else 1)
        if number + 1 < len(found):
            assert weight + weights[end] > limit


@settings(deadline=None)
@given(st.lists(WEIGHTS, max_size=6), st.integers(1, 150))
def test_parts_contain_all_inputs_in_order_however_they_are_added(
    weights: list[list[int]], part_bytes: int
) -> None:
    def partition(batches: list[list[int]]) -> list[list[int]]:
        partitioner = Partitioner(part_bytes)
        parts: list[pa.Table] = []
        for batch in batches:
            parts += partitioner.add(
                pa.table({"w": pa.array(batch, pa.int64())}), np.array(batch, np.int64)
            )
        parts += partitioner.flush()
        return [part.column("w").to_pylist() for part in parts]

    flat = [weight for batch in weights for weight in batch]
    parts = partition(weights)
    assert [weight for part in parts for weight in part] == flat
    assert parts == partition([flat])
    assert all(sum(part) <= part_bytes or len(part) == 1 for part in parts)


def test_only_a_file_that_may_be_read_weighs_its_size() -> None:
    paths = pa.array(["a.py", "b.png", "huge.py"])
    sizes = np.array([10_000, 10_000, Limits.record_bytes + 1])
    weights = weigh(paths, sizes)
    assert weights[0] > 10_000
    assert weights[1] == weights[2] < 5_000


@pytest.mark.parametrize("paths", [[Path("/a")], REMOTE])
@pytest.mark.parametrize("part_bytes", [1, 7, 1 << 30])
def test_parts_are_those_of_a_partitioner_wherever_the_inputs_are(
    paths: list[Path] | list[Url], part_bytes: int
) -> None:
    def inspect(number: int) -> tuple[pa.Table, Weights]:
        rows = np.arange(number, dtype=np.int64)
        return pa.table({"input": np.full(number, number), "row": rows}), rows + 1

    partitioner = Partitioner(part_bytes)
    expected: list[pa.Table] = []
    for number in range(6):
        expected += partitioner.add(*inspect(number))
    expected += partitioner.flush()
    assert list(partition_inputs(inspect, range(6), paths, part_bytes)) == expected
    assert sum(part.num_rows for part in expected) == sum(range(6))


def test_local_inputs_are_inspected_one_after_another_as_they_are_asked_for() -> None:
    inspected: list[int] = []

    def inspect(number: int) -> int:
        inspected.append(number)
        return number * 2

    results = map_inputs(inspect, range(5), [Path("/a")])
    assert next(results) == 0
    assert inspected == [0]
    assert list(results) == [2, 4, 6, 8]


def test_remote_results_keep_the_order_of_the_inputs() -> None:
    def inspect(number: int) -> int:
        time.sleep(0.01 * (5 - number % 5))  # later inputs finish first
        return number

    assert list(map_inputs(inspect, range(20), REMOTE)) == list(range(20))


def test_remote_inputs_are_inspected_concurrently() -> None:
    together = threading.Barrier(4, timeout=20)

    def inspect(number: int) -> int:
        together.wait()  # passes only if four are inspected at the same time
        return number

    assert list(map_inputs(inspect, range(4), [Path("/a"), *REMOTE])) == list(range(4))


@pytest.mark.parametrize("paths", [[Path("/a")], REMOTE])
def test_an_error_reaches_the_caller_after_the_results_before_it(
    paths: list[Path] | list[Url],
) -> None:
    def inspect(number: int) -> int:
        if number == 2:
            raise OSError("gone")
        return number

    results = map_inputs(inspect, range(4), paths)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(OSError, match="gone"):
        next(results)
