"""Ranks of licences, and the packing of sort keys."""

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codecorpus.filters.ranking import license_rank, pack_keys


def test_freer_classes_rank_first_and_unknown_licences_last() -> None:
    names = ["CC0-1.0", "mit", "Artistic-2.0", "MPL-2.0", "GPL-3.0", "something-else", None]
    ranks = license_rank(pa.chunked_array([names[:3], names[3:]], pa.string()))
    assert ranks.tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_case_does_not_matter() -> None:
    ranks = license_rank(pa.chunked_array([["MIT", "mit", "Apache-2.0"]], pa.string()))
    assert len(set(ranks.tolist())) == 1


def test_no_licences_have_no_ranks() -> None:
    assert license_rank(pa.chunked_array([], pa.string())).tolist() == []


KEY = (
    st.integers(-(2**63), 2**63 - 1)
    | st.integers(-3, 3)
    | st.sampled_from([0, 2**31, -(2**31), 2**40])
)


@given(st.lists(st.tuples(KEY, KEY, st.integers(-1, 5)), max_size=30))
def test_packed_keys_have_the_order_of_the_keys(rows: list[tuple[int, int, int]]) -> None:
    table = np.array(rows, np.int64).reshape(-1, 3)
    keys: list[NDArray[Any]] = [table[:, 0], table[:, 1], table[:, 2].astype(np.int8)]
    words = pack_keys(keys)
    ranks = [tuple(int(word[row]) for word in words) for row in range(len(rows))]
    for one in range(len(rows)):
        for other in range(len(rows)):
            assert (ranks[one] < ranks[other]) == (rows[one] < rows[other])


def test_small_keys_share_a_word() -> None:
    stars = np.array([-1, 2**31 - 1], np.int32)
    classes = np.array([0, 6], np.uint8)
    assert len(pack_keys([stars, classes, np.array([1024, 2**28], np.int64)])) == 1


def test_constant_keys_need_no_word() -> None:
    assert pack_keys([np.full(5, 3), np.full(5, -1)]) == []
