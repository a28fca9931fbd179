from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.bands import MAX_BANDS, Bands, choose_bands
from codecorpus.filters.near_duplicates.signatures import (
    Permutations,
    band_keys,
    compute_signatures,
)
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.errors import UsageError


@pytest.mark.parametrize(("threshold", "bands"), [(0.85, Bands(25, 10)), (0.7, Bands(29, 5))])
def test_bands_of_the_usual_thresholds(threshold: float, bands: Bands) -> None:
    assert choose_bands(threshold, 256) == bands


@given(st.integers(15, 100), st.integers(64, 512))
def test_recall_is_enough_and_more_rows_would_not_reach_it(
    hundredths: int, permutations: int
) -> None:
    threshold = hundredths / 100
    chosen = choose_bands(threshold, permutations)
    assert chosen.bands * chosen.rows <= permutations
    assert chosen.bands <= MAX_BANDS
    assert chosen.recall(threshold) >= 0.995
    assert chosen.bands == 1 or Bands(chosen.bands - 1, chosen.rows).recall(threshold) < 0.995
    for rows in range(chosen.rows + 1, permutations + 1):
        most = Bands(min(permutations // rows, MAX_BANDS), rows)
        assert most.recall(threshold) < 0.995


@pytest.mark.parametrize(("threshold", "permutations"), [(0.05, 256), (0.5, 4)])
def test_bands_of_one_row_where_no_choice_has_enough_recall(
    threshold: float, permutations: int
) -> None:
    chosen = choose_bands(threshold, permutations)
    assert chosen == Bands(min(permutations, MAX_BANDS), 1)
    assert chosen.recall(threshold) < 0.995


def test_recall_follows_the_formula() -> None:
    assert Bands(20, 5).recall(0.8) == pytest.approx(1 - (1 - 0.8**5) ** 20)


@pytest.mark.parametrize("threshold", [0.0, -1, 1.01])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="threshold is"):
        choose_bands(threshold, 256)


@pytest.mark.parametrize(("shared", "own"), [(34, 3), (340, 30), (1360, 120)])
def test_pairs_at_the_threshold_share_a_band_key(
    pair_of_sets: Callable[[int, int, int], tuple[bytes, bytes]], shared: int, own: int
) -> None:
    trials = 400
    texts = [t for trial in range(trials) for t in pair_of_sets(shared, own, 2000 * trial)]
    signatures = compute_signatures(
        ByteColumn.from_values(texts), ngram=1, permutations=Permutations()
    )
    chosen = choose_bands(0.85, 256)
    keys = band_keys(signatures.minima, chosen.bands, chosen.rows)
    assert (keys[:, 0::2] == keys[:, 1::2]).any(axis=0).mean() > 0.98
    assert np.unique(keys[0]).size > trials
