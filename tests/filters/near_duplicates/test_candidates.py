from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.candidates import (
    MAX_PAIRS,
    MIN_COMPARED,
    candidate_pairs,
    find_buckets,
    pack_pairs,
    unpack_pairs,
)
from codecorpus.foundation.errors import UsageError

KEYS = st.lists(st.integers(0, 6) | st.integers(0, 2**64 - 1), max_size=60)
LIMITS = st.integers(1, 12)


def brute_force(keys: list[int], bound: int, best: int) -> tuple[list[tuple[int, int]], int]:
    members: dict[int, list[int]] = {}
    for file, key in enumerate(keys):
        members.setdefault(key, []).append(file)
    found, capped = [], 0
    for files in members.values():
        capped += len(files) > bound
        compared = set(files[:best] if len(files) > bound else files)
        found += [pair for pair in combinations(files, 2) if pair[0] in compared]
    return sorted(found), capped


@given(KEYS, LIMITS, LIMITS)
def test_pairs_equal_brute_force(keys: list[int], bound: int, best: int) -> None:
    found = candidate_pairs(np.array(keys, np.uint64), bound=bound, best=best)
    better, worse = unpack_pairs(found.pairs)
    expected, capped = brute_force(keys, bound, best)
    assert list(zip(better.tolist(), worse.tolist(), strict=True)) == expected
    assert found.capped == capped


@given(KEYS, LIMITS, LIMITS, st.integers(1, 9))
def test_blocks_concatenate_to_all_pairs_in_order(
    keys: list[int], bound: int, best: int, size: int
) -> None:
    words = np.array(keys, np.uint64)
    whole = candidate_pairs(words, bound=bound, best=best)
    blocks = list(find_buckets(words, bound=bound, best=best).blocks(size))
    assert all(0 < len(block) <= size for block in blocks)
    assert [int(word) for block in blocks for word in block] == whole.pairs.tolist()


@given(KEYS, st.integers(0, 2**64 - 1), LIMITS)
def test_key_ranges_have_the_same_pairs_together(keys: list[int], split: int, bound: int) -> None:
    words = np.array(keys, np.uint64)
    found = []
    for part in (words < split, words >= split):
        files = np.flatnonzero(part)
        better, worse = unpack_pairs(candidate_pairs(words[part], bound=bound, best=2).pairs)
        found += (files[better] << 32 | files[worse]).tolist()
    assert sorted(found) == candidate_pairs(words, bound=bound, best=2).pairs.tolist()


def test_a_million_equal_keys_are_compared_with_the_few_best_only() -> None:
    buckets = find_buckets(np.full(1_000_000, 7, np.uint64))
    compared = MAX_PAIRS // 1_000_000
    assert compared == MIN_COMPARED
    assert buckets.capped == 1
    assert buckets.pair_count == compared * 1_000_000 - compared * (compared + 1) // 2
    worse_of_all = np.zeros(1_000_000, np.int64)
    for block in buckets.blocks(1 << 20):
        better, worse = unpack_pairs(block)
        assert better.max() < compared
        worse_of_all += np.bincount(worse, minlength=1_000_000)
    assert (worse_of_all[compared:] == compared).all()


def test_unpack_inverts_pack() -> None:
    better, worse = np.array([0, 2**32 - 1], np.uint32), np.array([7, 3], np.uint32)
    found = unpack_pairs(pack_pairs(better, worse))
    assert [column.tolist() for column in found] == [better.tolist(), worse.tolist()]


def test_two_million_keys_have_the_planted_pairs() -> None:
    files = np.arange(2_000_000, dtype=np.uint64)
    keys = files * np.uint64(0x9E3779B97F4A7C15)
    keys[1_500_000:] = keys[:500_000]
    better, worse = unpack_pairs(candidate_pairs(keys).pairs)
    assert (better == np.arange(500_000)).all()
    assert (worse == better + 1_500_000).all()


def test_buckets_are_ascending_and_hold_two_or_more_files() -> None:
    buckets = find_buckets(np.array([5, 9, 5, 1, 9, 5], np.uint64))
    assert buckets.members.tolist() == [0, 2, 5, 1, 4]
    assert buckets.offsets.tolist() == [0, 3, 5]


@pytest.mark.parametrize(("bound", "best"), [(0, 1), (1, 0)])
def test_limits_below_one_are_refused(bound: int, best: int) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        candidate_pairs(np.zeros(3, np.uint64), bound=bound, best=best)
