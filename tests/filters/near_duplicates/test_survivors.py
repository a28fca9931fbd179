from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.survivors import STAYS, Choice, choose_survivors

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
    of = [STAYS] * FILES
    for file in range(FILES):
        staying = [a for a, b in edges if b == file and of[a] == STAYS]
        of[file] = min(staying, default=STAYS)
    return of


@given(EDGES, st.randoms())
def test_survivors_are_those_of_the_plain_definition(
    edges: list[tuple[int, int]], chance: object
) -> None:
    expected = best_first(edges)
    chance.shuffle(edges)  # type: ignore[attr-defined]
    better, worse = columns(edges)
    match = (better * 100 + worse).astype(np.uint16)
    survivors = choose_survivors(FILES, better.astype(np.uint32), worse.astype(np.uint32), match)
    assert survivors.of.tolist() == expected
    assert survivors.match.dtype == np.uint16
    assert survivors.match.tolist() == [
        0 if of == STAYS else of * 100 + file for file, of in enumerate(expected)
    ]


@given(EDGES, st.lists(st.integers(0, 80), max_size=4))
def test_pairs_in_order_may_come_piece_by_piece(
    edges: list[tuple[int, int]], cuts: list[int]
) -> None:
    edges = sorted(edges)
    choice = Choice(FILES, np.float64)
    for begin, end in pairwise([0, *sorted(cuts), len(edges) + 80]):
        better, worse = columns(edges[begin:end])
        choice.take(better, worse, better / 2)
    found = choice.survivors()
    assert found.of.tolist() == best_first(edges)
    assert found.match.tolist() == [max(of, 0) / 2 for of in best_first(edges)]


def test_a_chain_does_not_vanish_behind_one() -> None:
    survivors = choose_survivors(
        4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([9, 8, 7], np.int32)
    )
    assert survivors.of.tolist() == [STAYS, 0, STAYS, 2]
    assert survivors.match.tolist() == [0, 9, 0, 7]


def test_without_pairs_all_stay() -> None:
    none = np.empty(0, np.int64)
    assert choose_survivors(3, none, none, none).of.tolist() == [STAYS] * 3
