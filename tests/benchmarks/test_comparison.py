"""Comparisons: alternating runs, agreement of answers, ratios."""

import pytest

from benchmarks.comparison import (
    DIFFERENT,
    Comparison,
    Measurement,
    compare_checks,
    run_alternately,
)
from benchmarks.corpus import Sample


def measurement(seconds: float, processor: float) -> Measurement:
    return Measurement(size=10_000_000, seconds=seconds, processor_seconds=processor, peak_memory=1)


def comparison(workers: int) -> Comparison:
    rounds = [
        (measurement(1.0, 0.5), measurement(4.0, 4.0)),
        (measurement(1.0, 0.5), measurement(6.0, 5.0)),
        (measurement(2.0, 1.0), measurement(4.0, 4.0)),
    ]
    return Comparison("work", "ours", "peer 1", Sample(3, 10_000_000, "0"), workers, rounds, "")


def test_sides_run_alternately() -> None:
    calls: list[str] = []
    found = run_alternately(
        lambda: calls.append("ours"), lambda: calls.append("peer"), rounds=2, budget=60
    )
    assert calls == ["ours", "peer", "ours", "peer"]
    assert len(found) == 2


def test_a_round_that_would_exceed_the_budget_is_not_started() -> None:
    assert len(run_alternately(lambda: None, lambda: None, rounds=5, budget=0)) == 1


def test_equal_answers_are_named_and_different_ones_shown() -> None:
    assert compare_checks([{"ids": 1, "files": 2}], [{"ids": 1, "files": 2}]) == "files, ids equal"
    assert compare_checks([{"ids": 1}], [{"ids": 3}]) == f"{DIFFERENT}: ids 1 and 3"


@pytest.mark.parametrize(("workers", "expected"), [(1, (8.0, 4.0, 10.0)), (2, (4.0, 2.0, 6.0))])
def test_ratios_are_per_core_with_one_worker_and_of_wall_time_with_more(
    workers: int, expected: tuple[float, float, float]
) -> None:
    assert comparison(workers).ratios() == pytest.approx(expected)


def test_terminal_line() -> None:
    assert comparison(1).line() == (
        "work, 1 worker: 20.0 MB/s per core; peer 1 2.50; ratio 8.0 (4.0 to 10.0); "
    )
