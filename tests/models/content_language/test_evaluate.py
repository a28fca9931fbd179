"""Intervals of shares: of independent files, and by bootstrap over projects."""

import numpy as np
import pytest

from models.content_language.evaluate import bootstrap_intervals, wilson_interval


def test_wilsons_interval_of_a_known_case() -> None:
    # E. B. Wilson 1927, by hand: (0.8 + z² / 20 ± z √(0.016 + z² / 400)) / (1 + z² / 10)
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    assert wilson_interval(10, 10)[1] == pytest.approx(1)


def test_identical_projects_have_intervals_of_zero_width() -> None:
    right = np.tile([True, True, True, False], 24)
    truth = np.repeat(np.arange(24), 4)
    package = np.array([f"npm {i}" for i in range(10) for _ in right], object)
    bootstrap = bootstrap_intervals(np.tile(right, 10), np.tile(truth, 10), package)
    assert bootstrap.all == bootstrap.mean == (0.75, 0.75)
    assert bootstrap.languages == [(0.75, 0.75)] * 24


def test_different_projects_widen_the_interval_of_their_files() -> None:
    right = np.repeat([True, False], 500)
    truth = np.arange(1000) % 24
    package = np.array([f"npm {i // 100}" for i in range(1000)], object)
    low, high = bootstrap_intervals(right, truth, package).all
    independent = wilson_interval(500, 1000)
    assert high - low > 3 * (independent[1] - independent[0])
