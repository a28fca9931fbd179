"""Inputs are inspected in order, remote ones several at a time."""

import threading
import time
from pathlib import Path

import pytest

from codecorpus.pipelines.sources.map_inputs import map_inputs
from codecorpus.pipelines.storage.locations import Url

REMOTE = [Url("s3://bucket/a")]


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
