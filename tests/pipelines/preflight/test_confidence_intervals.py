"""Intervals contain the true value with the stated probability, for counts of any size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.preflight.confidence_intervals import confidence_interval

ORDINARY = st.floats(0, 1e12).filter(lambda number: number == 0 or number > 1e-6)


@given(ORDINARY, ORDINARY, ORDINARY)
def test_an_interval_contains_its_value(value: float, variance: float, weight: float) -> None:
    found = confidence_interval(value, variance, weight)
    assert 0 <= found.low <= found.value == value <= found.high


def test_an_interval_of_a_large_count_is_normal() -> None:
    found = confidence_interval(1_000_000, 1_000**2, 1)
    assert found.low == pytest.approx(1_000_000 - 1_645, abs=5)
    assert found.high == pytest.approx(1_000_000 + 1_645, abs=5)


def test_an_interval_of_zero_has_an_upper_end() -> None:
    """The exact upper bound of a count of zero is 2.996 at 95 %."""
    found = confidence_interval(0, 0, 10)
    assert found.low == 0
    assert found.high == pytest.approx(29.96, rel=0.02)


@pytest.mark.parametrize("mean", [0.5, 2, 8, 40])
def test_intervals_of_counts_have_the_stated_coverage(mean: float) -> None:
    counts = np.random.default_rng(1).poisson(mean, 2_000)
    held = [
        found.low <= mean <= found.high
        for found in (confidence_interval(float(count), float(count), 1) for count in counts)
    ]
    assert np.mean(held) >= 0.90
