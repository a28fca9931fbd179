"""Intervals of shares: of independent files, and of projects drawn again."""

import numpy as np
import pytest

from models.content_language.evaluate import drawn_again, interval


def test_wilsons_interval_is_that_of_a_known_case() -> None:
    # E. B. Wilson 1927, by hand: (0.8 + z² / 20 ± z √(0.016 + z² / 400)) / (1 + z² / 10)
    assert interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    assert interval(10, 10)[1] == pytest.approx(1)


def test_alike_projects_leave_no_doubt() -> None:
    right = np.tile([True, True, True, False], 24)
    truth = np.repeat(np.arange(24), 4)
    package = np.array([f"npm {i}" for i in range(10) for _ in right], object)
    drawn = drawn_again(np.tile(right, 10), np.tile(truth, 10), package)
    assert drawn.all == drawn.mean == (0.75, 0.75)
    assert drawn.languages == [(0.75, 0.75)] * 24


def test_projects_that_differ_leave_more_doubt_than_their_files_would() -> None:
    right = np.repeat([True, False], 500)
    truth = np.arange(1000) % 24
    package = np.array([f"npm {i // 100}" for i in range(1000)], object)
    low, high = drawn_again(right, truth, package).all
    independent = interval(500, 1000)
    assert high - low > 3 * (independent[1] - independent[0])
