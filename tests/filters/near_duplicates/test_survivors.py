from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.survivors import SURVIVOR, Survivors, choose_survivors

FILES = 24
EDGES = st.lists(
    st.tuples(st.integers(0, FILES - 1), st.integers(0, FILES - 1))
    .filter(lambda edge: edge[0] != edge[1])
    .map(lambda edge: (min(edge), max(edge))),
    max_size=80,
)


def columns(edges: list[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    table = np.array(edges, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def best_first(edges: list[tuple[int, int]]) -> list[int]:
    of = [SURVIVOR] * FILES
    for file in range(FILES):
        staying = [a for a, b in edges if b == file and of[a] == SURVIVOR]
        of[file] = min(staying, default=SURVIVOR)
    return of


@given(EDGES, st.randoms())
def test_survivors_equal_the_plain_definition(edges: list[tuple[int, int]], chance: object) -> None:
    expected = best_first(edges)
    chance.shuffle(edges)  # type: ignore[attr-defined]
    better, worse = columns(edges)
    match = (better * 100 + worse).astype(np.uint16)
    survivors = choose_survivors(FILES, better.astype(np.uint32), worse.astype(np.uint32), match)
    assert survivors.duplicate_of.tolist() == expected
    assert survivors.score.dtype == np.uint16
    assert survivors.score.tolist() == [
        0 if of == SURVIVOR else of * 100 + file for file, of in enumerate(expected)
    ]


@given(EDGES, st.lists(st.integers(0, 80), max_size=4))
def test_sorted_pairs_may_be_added_in_several_calls(
    edges: list[tuple[int, int]], cuts: list[int]
) -> None:
    edges = sorted(edges)
    found = Survivors(FILES, np.float64)
    for begin, end in pairwise([0, *sorted(cuts), len(edges) + 80]):
        better, worse = columns(edges[begin:end])
        found.add_pairs(better, worse, better / 2)
    assert found.duplicate_of.tolist() == best_first(edges)
    assert found.score.tolist() == [max(of, 0) / 2 for of in best_first(edges)]


def test_a_chain_does_not_collapse_into_one_file() -> None:
    survivors = choose_survivors(
        4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([9, 8, 7], np.int32)
    )
    assert survivors.duplicate_of.tolist() == [SURVIVOR, 0, SURVIVOR, 2]
    assert survivors.score.tolist() == [0, 9, 0, 7]


def test_all_files_survive_without_pairs() -> None:
    none = np.empty(0, np.int64)
    assert choose_survivors(3, none, none, none).duplicate_of.tolist() == [SURVIVOR] * 3
