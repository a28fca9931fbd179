"""The true pairs of the near-duplicate benchmark, compared with brute force."""

import random

import numpy as np
import pytest

from benchmarks.near_duplicate_files import (
    EDITS,
    MIN_SIMILARITY,
    all_similar,
    edited,
    installed_files,
    real_files,
)
from codecorpus.filters.near_duplicates.candidates import unpack_pairs
from codecorpus.filters.near_duplicates.verification import exact_jaccard
from codecorpus.foundation.columns import ByteColumn


@pytest.fixture(scope="module")
def texts() -> list[bytes]:
    real = [text for text in real_files(60, 3) if len(text) < 8192]
    return real + edited(real, 60, 3)


def test_all_similar_pairs_and_no_others_are_found(texts: list[bytes]) -> None:
    column = ByteColumn.from_values(texts)
    left, right = np.triu_indices(len(column), 1)
    every = exact_jaccard(column, left, right, 5)
    expected = {
        (int(a), int(b)): s
        for a, b, s in zip(left, right, every, strict=True)
        if s >= MIN_SIMILARITY
    }
    pairs, similarity = all_similar(column)
    better, worse = unpack_pairs(pairs)
    assert dict(
        zip(zip(better.tolist(), worse.tolist(), strict=True), similarity, strict=True)
    ) == (expected)
    assert len(expected) > 30


def test_edits_depend_only_on_the_seed(texts: list[bytes]) -> None:
    assert edited(texts, 20, 5) == edited(texts, 20, 5)
    assert edited(texts, 20, 5) != edited(texts, 20, 6)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_each_edit_changes_most_files(edit: object, texts: list[bytes]) -> None:
    assert callable(edit)
    changed = [edit(text, random.Random(1)) != text for text in texts]
    assert sum(changed) > len(texts) / 2


def test_installed_files_exist() -> None:
    assert all(path.is_file() for path in installed_files()[:100])
