"""Precision and recall against exact similarity, on real files and edited copies."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.filters.near_duplicates.candidates import candidate_pairs, unpack_pairs
from codecorpus.filters.near_duplicates.signatures import (
    Permutations,
    band_keys,
    compute_signatures,
    make_sketches,
)
from codecorpus.filters.near_duplicates.survivors import SURVIVOR, choose_survivors
from codecorpus.filters.near_duplicates.verification import (
    count_matches,
    doubtful_range,
    exact_jaccard,
    matches_needed,
)

THRESHOLDS = [0.85, 0.7]
BY_SKETCHES = 0.95
"""F1 of sketches alone, even if many edited copies are near the threshold."""
EXACT = 0.995
"""F1 if doubtful pairs are decided by their exact similarity."""


def find_similar(corpus: Any, threshold: float, *, exactly: bool) -> NDArray[np.uint64]:
    """Pairs that are similar by sketches, or exactly for doubtful pairs."""
    signatures = compute_signatures(corpus.column, ngram=5, permutations=Permutations())
    chosen = choose_bands(threshold, 256)
    keys = band_keys(signatures.minima, chosen.bands, chosen.rows)
    found = np.unique(np.concatenate([candidate_pairs(band).pairs for band in keys]))
    better, worse = unpack_pairs(found)
    matched = count_matches(make_sketches(signatures.minima), better, worse)
    similar = matched >= matches_needed(threshold, 256)
    if exactly:
        low, high = doubtful_range(threshold, 256)
        near = np.flatnonzero((matched >= low) & (matched <= high))
        exact = exact_jaccard(corpus.column, better[near], worse[near], 5)
        similar[near] = exact >= threshold
    return found[similar]


def removed(count: int, packed: NDArray[np.uint64]) -> NDArray[np.int64]:
    better, worse = unpack_pairs(packed)
    return np.flatnonzero(choose_survivors(count, better, worse, better).duplicate_of != SURVIVOR)


def f1(found: NDArray[Any], true: NDArray[Any]) -> float:
    return 2 * len(np.intersect1d(found, true)) / (len(found) + len(true))


def scores(corpus: Any, threshold: float, *, exactly: bool) -> tuple[float, float]:
    """F1 over pairs, and over removed files."""
    true = corpus.truth(threshold)
    assert len(true) > 300
    found = find_similar(corpus, threshold, exactly=exactly)
    files = len(corpus)
    return f1(found, true), f1(removed(files, found), removed(files, true))


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_sketches_alone_are_accurate(corpus: Any, threshold: float) -> None:
    assert min(scores(corpus, threshold, exactly=False)) >= BY_SKETCHES


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_exact_decisions_of_doubtful_pairs_leave_few_errors(corpus: Any, threshold: float) -> None:
    assert min(scores(corpus, threshold, exactly=True)) >= EXACT


@pytest.mark.slow
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_thousands_of_files_are_decided_as_accurately(large_corpus: Any, threshold: float) -> None:
    assert min(scores(large_corpus, threshold, exactly=False)) >= BY_SKETCHES
    assert min(scores(large_corpus, threshold, exactly=True)) >= EXACT
