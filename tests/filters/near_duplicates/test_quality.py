"""Precision and recall against exact similarity, on real files and edited copies."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.bands import choose
from codecorpus.filters.near_duplicates.candidates import pairs, unpack
from codecorpus.filters.near_duplicates.signatures import Permutations, band_keys, compact, sign
from codecorpus.filters.near_duplicates.survivors import STAYS, choose_survivors
from codecorpus.filters.near_duplicates.verification import (
    doubtful,
    exact_jaccard,
    matches,
    matches_needed,
)

THRESHOLDS = [0.85, 0.7]
BY_SKETCHES = 0.95
"""What whole sketches reach even where edited copies crowd around the threshold."""
SETTLED = 0.995
"""What is reached when doubtful pairs are settled by their exact similarity."""


def find_similar(corpus: Any, threshold: float, *, settle: bool) -> NDArray[np.uint64]:
    """The pairs that the package finds similar."""
    signatures = sign(corpus.column, ngram=5, permutations=Permutations())
    chosen = choose(threshold, 256)
    keys = band_keys(signatures.minima, chosen.bands, chosen.rows)
    found = np.unique(np.concatenate([pairs(band).pairs for band in keys]))
    better, worse = unpack(found)
    matched = matches(compact(signatures.minima), better, worse)
    similar = matched >= matches_needed(threshold, 256)
    if settle:
        low, high = doubtful(threshold, 256)
        near = np.flatnonzero((matched >= low) & (matched <= high))
        exact = exact_jaccard(corpus.column, better[near], worse[near], 5)
        similar[near] = exact >= threshold
    return found[similar]


def removed(count: int, packed: NDArray[np.uint64]) -> NDArray[np.int64]:
    better, worse = unpack(packed)
    return np.flatnonzero(choose_survivors(count, better, worse, better).of != STAYS)


def f1(found: NDArray[Any], true: NDArray[Any]) -> float:
    return 2 * len(np.intersect1d(found, true)) / (len(found) + len(true))


def scores(corpus: Any, threshold: float, *, settle: bool) -> tuple[float, float]:
    """F1 over pairs, and over removed files."""
    true = corpus.truth(threshold)
    assert len(true) > 300
    found = find_similar(corpus, threshold, settle=settle)
    files = len(corpus)
    return f1(found, true), f1(removed(files, found), removed(files, true))


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_sketches_alone_are_nearly_right(corpus: Any, threshold: float) -> None:
    assert min(scores(corpus, threshold, settle=False)) >= BY_SKETCHES


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_settling_doubtful_pairs_leaves_hardly_an_error(corpus: Any, threshold: float) -> None:
    assert min(scores(corpus, threshold, settle=True)) >= SETTLED


@pytest.mark.slow
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_thousands_of_files_are_judged_as_well(large_corpus: Any, threshold: float) -> None:
    assert min(scores(large_corpus, threshold, settle=False)) >= BY_SKETCHES
    assert min(scores(large_corpus, threshold, settle=True)) >= SETTLED
