import hashlib
import math
from collections.abc import Callable

import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.shingles import shingle
from codecorpus.filters.near_duplicates.signatures import (
    Permutations,
    band_keys,
    compute_signatures,
    make_sketches,
)
from codecorpus.filters.near_duplicates.verification import similarity
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.errors import UsageError

MakePair = Callable[[int, int, int], tuple[bytes, bytes]]
USUAL = Permutations()


def minima(texts: list[bytes], ngram: int = 5, permutations: Permutations = USUAL) -> np.ndarray:
    column = ByteColumn.from_values(texts)
    return compute_signatures(column, ngram=ngram, permutations=permutations).minima


def test_a_signature_does_not_depend_on_the_batch(texts: list[bytes]) -> None:
    together = minima(texts[:50])
    assert all((minima([text])[0] == row).all() for text, row in zip(texts, together, strict=False))


def test_token_counts_equal_those_of_shingle(texts: list[bytes]) -> None:
    column = ByteColumn.from_values(texts)
    signatures = compute_signatures(column, ngram=5, permutations=USUAL)
    assert signatures.tokens.tolist() == shingle(column, 5).tokens.tolist()
    assert len(signatures) == len(texts)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.randoms())
def test_a_signature_depends_on_the_set_of_shingles_only(
    numbers: list[int], chance: object
) -> None:
    again = numbers * 3
    chance.shuffle(again)  # type: ignore[attr-defined]
    texts = [b" ".join(b"%d" % n for n in each) for each in (numbers, again)]
    first, second = minima(texts, 1, Permutations(16))
    assert (first == second).all()


def test_repeats_do_not_change_a_signature() -> None:
    first, second = minima([b"a b c " * 333_333, b"a b c"], 1)
    assert (first == second).all()


def test_a_file_without_tokens_is_all_ones() -> None:
    column = ByteColumn.from_values([b"", b"(){};"])
    signatures = compute_signatures(column, ngram=5, permutations=Permutations(8))
    assert (signatures.minima == 0xFFFFFFFF).all()
    assert signatures.tokens.tolist() == [0, 0]


def test_signatures_are_the_same_on_every_machine() -> None:
    made = [b" ".join(b"t%d" % (i * i % 997) for i in range(size)) for size in (1, 4, 50, 3000)]
    digest = hashlib.sha256(minima(made).tobytes()).hexdigest()
    assert digest == "a70185386a39b5b428db9da17aa6b01d4f10ef5941eb9dbb55d329f16b140b23"


@pytest.mark.parametrize(
    ("shared", "own"), [(1, 1), (17, 2), (60, 30), (400, 25), (1000, 200), (3000, 3000)]
)
def test_the_estimate_is_unbiased_and_no_wider_than_independent_draws(
    pair_of_sets: MakePair, shared: int, own: int
) -> None:
    trials = 150
    texts = [t for trial in range(trials) for t in pair_of_sets(shared, own, 10_000 * trial)]
    sketches = make_sketches(minima(texts, 1))
    left = np.arange(0, 2 * trials, 2)
    jaccard = shared / (shared + 2 * own)
    errors = similarity(sketches, left, left + 1) - jaccard
    agreeing = 0.25 + 0.75 * jaccard
    deviation = math.sqrt(agreeing * (1 - agreeing) / 1024) / 0.75
    assert abs(errors.mean()) < 4 * deviation / math.sqrt(trials)
    assert math.sqrt((errors**2).mean()) < 1.2 * deviation


def test_sets_larger_than_the_workspace_are_estimated_correctly(pair_of_sets: MakePair) -> None:
    sketches = make_sketches(minima(list(pair_of_sets(400_000, 50_000, 0)), 1))
    estimate = similarity(sketches, np.array([0]), np.array([1]))[0]
    assert estimate == pytest.approx(0.8, abs=0.06)


def test_estimates_agree_with_datasketch(texts: list[bytes]) -> None:
    chosen = [text[:3000] for text in texts[:12]]
    chosen += [text[: 2000 + 70 * i] for i, text in enumerate(chosen)]
    column = ByteColumn.from_values(chosen)
    sets = shingle(column, 5).distinct()
    peers = []
    for row in range(len(chosen)):
        peer = MinHash(num_perm=256)
        part = sets.hashes[sets.offsets[row] : sets.offsets[row + 1]]
        peer.update_batch([value.tobytes() for value in part])
        peers.append(peer)
    left, right = np.triu_indices(len(chosen), 1)
    ours = similarity(make_sketches(minima(chosen)), left, right)
    theirs = [peers[i].jaccard(peers[j]) for i, j in zip(left, right, strict=True)]
    assert np.abs(ours - theirs).max() < 5 * math.sqrt(0.25 / 256 + 0.15 / 1024 / 0.75**2)
    assert np.abs(ours - theirs).mean() < 0.03


def test_signatures_of_different_seeds_are_unrelated() -> None:
    text = [b" ".join(b"t%d" % i for i in range(500))]
    first, second = (minima(text, 5, Permutations(256, seed)) for seed in (1, 2))
    assert (first == second).mean() < 0.01


def test_unrelated_files_agree_in_a_quarter_of_the_positions(pair_of_sets: MakePair) -> None:
    texts = [t for trial in range(60) for t in pair_of_sets(0, 300, 1000 * trial)]
    sketches = make_sketches(minima(texts, 1))
    bits = sketches[:, :, None] >> np.arange(0, 8, 2, dtype=np.uint8) & 3
    agreeing = (bits[0::2] == bits[1::2]).mean()
    assert agreeing == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("count", [1, 3, 100, 256])
def test_a_sketch_has_a_byte_for_each_permutation(count: int) -> None:
    found = minima([b"one two three four five six"], 5, Permutations(count))
    assert found.shape == (1, 4 * count)
    sketches = make_sketches(found)
    assert sketches.shape == (1, count)
    assert sketches.dtype == np.uint8


@given(st.lists(st.lists(st.integers(0, 1), min_size=12, max_size=12), min_size=1, max_size=20))
def test_band_keys_are_equal_if_and_only_if_all_rows_are(rows: list[list[int]]) -> None:
    values = np.array(rows, np.uint32)
    keys = band_keys(values, 3, 4)
    assert keys.shape == (3, len(rows))
    assert keys.flags.c_contiguous
    for band in range(3):
        part = values[:, 4 * band : 4 * band + 4]
        same = (part[:, None] == part[None]).all(axis=2)
        assert ((keys[band][:, None] == keys[band][None]) == same).all()


def test_bands_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="9 bands of 8 rows"):
        band_keys(np.zeros((1, 64), np.uint32), 9, 8)


@pytest.mark.parametrize("count", [0, -1, 4097])
def test_permutations_out_of_range_are_refused(count: int) -> None:
    with pytest.raises(UsageError, match="permutations is"):
        Permutations(count)
