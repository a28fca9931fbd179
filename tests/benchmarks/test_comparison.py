"""Turns, verdicts and ratios."""

import pytest

from benchmarks.comparison import DIFFERENT, Comparison, Measurement, alternate, equal
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


def test_sides_take_turns() -> None:
    said: list[str] = []
    found = alternate(lambda: said.append("ours"), lambda: said.append("peer"), rounds=2, budget=60)
    assert said == ["ours", "peer", "ours", "peer"]
    assert len(found) == 2


def test_a_round_that_would_not_end_in_time_is_not_begun() -> None:
    assert len(alternate(lambda: None, lambda: None, rounds=5, budget=0)) == 1


def test_equal_answers_are_named_and_others_shown() -> None:
    assert equal([{"ids": 1, "files": 2}], [{"ids": 1, "files": 2}]) == "files, ids equal"
    assert equal([{"ids": 1}], [{"ids": 3}]) == f"{DIFFERENT}: ids 1 and 3"


@pytest.mark.parametrize(("workers", "expected"), [(1, (8.0, 4.0, 10.0)), (2, (4.0, 2.0, 6.0))])
def test_ratios_are_a_core_with_one_worker_and_by_the_clock_with_more(
    workers: int, expected: tuple[float, float, float]
) -> None:
    assert comparison(workers).ratios() == pytest.approx(expected)


def test_a_line_for_the_terminal() -> None:
    assert comparison(1).line() == (
        "work, 1 worker: 20.0 MB/s a core; peer 1 2.50; ratio 8.0 (4.0 to 10.0); "
    )
