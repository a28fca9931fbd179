from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.sorted_merge import merge_distinct, split_ranges

VALUES = st.lists(st.integers(0, 60) | st.integers(0, 2**64 - 1), max_size=40)
ARRAYS = st.lists(VALUES.map(lambda values: np.array(sorted(values), np.uint64)), max_size=5)


@given(ARRAYS, st.integers(1, 7))
def test_ranges_hold_every_entry_once_in_order(
    arrays: list[NDArray[np.uint64]], ranges: int
) -> None:
    pieces = split_ranges(arrays, ranges)
    assert len(pieces) == ranges
    for index, array in enumerate(arrays):
        assert np.concatenate([piece[index] for piece in pieces]).tolist() == array.tolist()
    values = [sorted(int(v) for piece in pieces[r] for v in piece) for r in range(ranges)]
    filled = [entries for entries in values if entries]
    assert all(one[-1] < other[0] for one, other in pairwise(filled))


@given(ARRAYS, st.integers(1, 30))
def test_blocks_concatenate_to_the_distinct_values(
    arrays: list[NDArray[np.uint64]], size: int
) -> None:
    blocks = list(merge_distinct(arrays, size=size))
    expected = sorted({int(value) for array in arrays for value in array})
    assert [int(value) for block in blocks for value in block] == expected
    assert all(len(block) for block in blocks)


def test_no_range_is_much_larger_than_its_share() -> None:
    chance = np.random.default_rng(3)
    arrays = [
        np.unique(chance.integers(0, 2**40, 100_000 // (1 + band), np.uint64) ** np.uint64(2) >> 16)
        for band in range(20)
    ]
    total = sum(len(array) for array in arrays)
    sizes = [sum(len(piece) for piece in pieces) for pieces in split_ranges(arrays, 8)]
    assert max(sizes) <= total / 8 * 1.15


def test_the_pairs_of_one_file_are_spread_over_many_ranges() -> None:
    star = np.arange(1_000_000, dtype=np.uint64)  # better is 0, worse is anything
    sizes = [sum(len(piece) for piece in pieces) for pieces in split_ranges([star, star], 10)]
    assert min(sizes) > 150_000


def test_a_block_is_at_most_about_the_requested_size() -> None:
    arrays = [np.arange(start, 100_000, 3, dtype=np.uint64) for start in (0, 0, 1, 2)]
    assert max(len(block) for block in merge_distinct(arrays, size=5_000)) <= 5_000
