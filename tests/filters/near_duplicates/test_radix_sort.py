import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.radix_sort import argsort_rows, number_distinct_rows

WORD = st.integers(0, 2) | st.integers(0, 2**64 - 1)
ROWS = st.lists(st.tuples(WORD, WORD), max_size=50)


@given(ROWS)
def test_argsort_orders_rows_by_their_words_then_by_number(rows: list[tuple[int, int]]) -> None:
    words = np.array(rows, np.uint64).reshape(-1, 2).T
    expected = sorted(range(len(rows)), key=lambda row: (rows[row], row))
    assert argsort_rows(list(words)).tolist() == expected


@given(ROWS, st.randoms())
def test_distinct_rows_are_numbered_in_order_of_first_occurrence(
    rows: list[tuple[int, int]], chance: object
) -> None:
    order = list(range(len(rows)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    words = np.array(rows, np.uint64).reshape(-1, 2).T
    numbers, first = number_distinct_rows(words, np.array(order, np.uint32))
    seen: dict[tuple[int, int], int] = {}
    for row in order:
        seen.setdefault(rows[row], row)
    assert first.tolist() == list(seen.values())
    assert [rows[first[number]] for number in numbers] == rows
