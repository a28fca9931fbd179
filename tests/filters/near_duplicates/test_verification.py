import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.signatures import (
    Permutations,
    compute_signatures,
    make_sketches,
)
from codecorpus.filters.near_duplicates.verification import (
    count_matches,
    doubtful_range,
    estimate_similarity,
    exact_jaccard,
    matches_needed,
    similarity,
)
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.errors import UsageError

TOKEN = re.compile(rb"[0-9A-Za-z_\x80-\xff]+")


def random_sketches(rows: int, size: int) -> NDArray[np.uint8]:
    return np.random.default_rng(size).integers(0, 256, (rows, size), dtype=np.uint8)


@pytest.mark.parametrize("size", [1, 7, 8, 13, 64, 256])
def test_matches_are_equal_pairs_of_bits(size: int) -> None:
    sketches = random_sketches(20, size)
    left, right = np.triu_indices(20)
    fields = sketches[:, :, None] >> np.arange(0, 8, 2, dtype=np.uint8) & 3
    expected = (fields[left] == fields[right]).sum(axis=(1, 2))
    assert count_matches(sketches, left, right).tolist() == expected.tolist()


def test_similarity_is_symmetric_and_one_for_identical_files(texts: list[bytes]) -> None:
    column = ByteColumn.from_values([*texts[:30], *texts[:30]])
    sketches = make_sketches(
        compute_signatures(column, ngram=5, permutations=Permutations()).minima
    )
    left, right = np.triu_indices(60, 1)
    there = similarity(sketches, left.astype(np.uint32), right.astype(np.uint32))
    assert (there == similarity(sketches, right, left)).all()
    assert (there[right - left == 30] == 1.0).all()
    assert there.min() >= 0.0


@given(st.integers(0, 1000), st.integers(1, 300))
def test_matches_needed_is_the_least_count_that_reaches_the_threshold(
    thousandths: int, permutations: int
) -> None:
    needed = matches_needed(thousandths / 1000, permutations)

    def exact(count: int) -> Fraction:
        return (Fraction(count, 4 * permutations) - Fraction(1, 4)) / Fraction(3, 4)

    assert exact(needed) >= Fraction(thousandths, 1000) > exact(needed - 1)
    assert estimate_similarity(np.array([needed]), permutations)[0] == pytest.approx(
        float(exact(needed))
    )


def test_the_doubtful_range_surrounds_the_threshold() -> None:
    low, high = doubtful_range(0.85, 256)
    needed = matches_needed(0.85, 256)
    assert low < needed < high
    shares = estimate_similarity(np.array([low, high]), 256)
    assert shares == pytest.approx([0.85 - 0.0263, 0.85 + 0.0263], abs=0.002)
    assert doubtful_range(1.0, 256) == (1024, 1024)


def test_the_doubtful_range_is_empty_without_a_margin() -> None:
    low, high = doubtful_range(0.85, 256, errors=0)
    assert low > high


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "("])).map(" ".join), min_size=1))
def test_exact_jaccard_is_that_of_sets_of_token_runs(texts: list[str]) -> None:
    values = [text.encode() for text in texts]
    sets = []
    for value in values:
        tokens = TOKEN.findall(value)
        runs = {tuple(tokens[i : i + 3]) for i in range(max(len(tokens) - 2, 1))}
        sets.append(runs - {()})
    left, right = np.triu_indices(len(values))
    found = exact_jaccard(ByteColumn.from_values(values), left, right, 3)
    expected = [
        len(sets[i] & sets[j]) / len(sets[i] | sets[j]) if sets[i] | sets[j] else 1.0
        for i, j in zip(left, right, strict=True)
    ]
    assert found.tolist() == expected


@given(st.integers(1, 1000), st.integers(1, 10**6))
def test_a_similarity_reaches_a_threshold_that_it_equals(thousandths: int, scale: int) -> None:
    """`jaccard` is a quotient rounded once, like the threshold's decimal fraction."""
    assert (thousandths * scale) / (1000 * scale) >= thousandths / 1000
    assert (thousandths * scale - 1) / (1000 * scale) < thousandths / 1000


def test_no_pairs_have_no_similarities() -> None:
    none = np.empty(0, np.int64)
    assert len(similarity(random_sketches(3, 8), none, none)) == 0
    assert len(exact_jaccard(ByteColumn.from_values([b"a"]), none, none, 5)) == 0


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="threshold is"):
        matches_needed(threshold, 256)
