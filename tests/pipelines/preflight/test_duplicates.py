"""Bounds on the number of families that were not seen."""

import numpy as np
import pytest

from codecorpus.pipelines.preflight.duplicates import unseen_families


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_unseen_families_lie_between_the_bounds(size: int, share: float) -> None:
    """For large families the lower bound is exact, for families of one file the upper bound."""
    seen = np.random.default_rng(0).binomial(size, share, 20_000)
    once, twice = int((seen == 1).sum()), int((seen == 2).sum())
    truth = int((seen == 0).sum())
    least, most = (
        unseen_families(once, twice, share),
        unseen_families(once, twice, share, max_unseen=True),
    )
    assert least <= most * (1 + 1e-9)
    assert least < truth * 1.1 + 20
    assert most > truth * 0.9 - 20


def test_no_family_is_unseen_if_all_were_seen_twice() -> None:
    assert unseen_families(0, 7, 0.3) == unseen_families(0, 7, 0.3, max_unseen=True) == 0
