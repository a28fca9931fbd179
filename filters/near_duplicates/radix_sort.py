"""Sorting words with the rows that they belong to, and numbering rows that are equal.

Rows of several words lie as columns: `words[0]` is the first word of every row, and decides first.
Both work in time proportional to the rows, and hold some words a row.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.shingles import mix, read_only
from codecorpus.foundation.compiling import kernel

_DIGIT = 11
"""Bits that one pass of the sort orders by: its counters fill half of the first-level cache."""


def order_by(words: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint32]:
    """The numbers of the rows in ascending order, uint32[n]; equal rows by number.

    Args:
        words: at least one column, uint64[n], the first decides first; n < 2**32.
    """
    order = np.arange(len(words[0]), dtype=np.uint32)
    for column in reversed(words):
        sort_along(column[order], order)
    return order


def sort_along(words: NDArray[np.uint64], order: NDArray[np.uint32]) -> None:
    """Sort `words` in place and take `order` along; equal words stay as they stand.

    Args:
        words: uint64[n].
        order: uint32[n].
    """
    _sort(words, order)


def number_equal(
    words: NDArray[np.uint64], order: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Number the distinct rows as they first come up in `order`.

    Args:
        words: uint64[k, n], rows as columns; the first word should be nearly random.
        order: uint32[n], all rows, in the order in which they are looked at.

    Returns:
        uint32[n], the number of each row; uint32[numbers], the row that came up first.
    """
    numbers = np.empty(len(order), np.uint32)
    first = np.empty(len(order), np.uint32)
    count = _number(read_only(words), read_only(order), numbers, first)
    return numbers, first[:count].copy()


@kernel
def _sort(words: NDArray[np.uint64], order: NDArray[np.uint32]) -> None:
    """Sort by digits from the last, so it is stable; digits in which all agree are skipped."""
    count = len(words)
    digits = (64 + _DIGIT - 1) // _DIGIT
    counters = np.zeros((digits, 1 << _DIGIT), np.int64)
    low = np.uint64((1 << _DIGIT) - 1)
    for index in range(count):
        for digit in range(digits):
            counters[digit, np.int64((words[index] >> np.uint64(digit * _DIGIT)) & low)] += 1
    from_words, from_order = words, order
    to_words, to_order = np.empty_like(words), np.empty_like(order)
    for digit in range(digits):
        places = counters[digit]
        if places.max() == count:
            continue
        place = 0
        for value in range(len(places)):
            here = places[value]
            places[value] = place
            place += here
        shift = np.uint64(digit * _DIGIT)
        for index in range(count):
            word = from_words[index]
            digit_value = np.int64((word >> shift) & low)
            place = places[digit_value]
            places[digit_value] = place + 1
            to_words[place] = word
            to_order[place] = from_order[index]
        from_words, to_words = to_words, from_words
        from_order, to_order = to_order, from_order
    words[:] = from_words
    order[:] = from_order


@kernel
def _number(
    words: NDArray[np.uint64],
    order: NDArray[np.uint32],
    numbers: NDArray[np.uint32],
    first: NDArray[np.uint32],
) -> int:
    """A table of numbers, entered by hash; whether rows are equal is decided by their words."""
    bits = 1
    while (1 << bits) < 2 * len(order):
        bits += 1
    wrap = (1 << bits) - 1
    table = np.zeros(1 << bits, np.uint32)  # a number and one; 0 is free
    count = 0
    for index in range(len(order)):
        row = order[index]
        place = np.int64(mix(words[0, row]) >> np.uint64(64 - bits))
        while table[place] != 0:
            other = first[table[place] - 1]
            same = True
            for word in range(len(words)):
                same &= words[word, row] == words[word, other]
            if same:
                break
            place = (place + 1) & wrap
        if table[place] == 0:
            first[count] = row
            count += 1
            table[place] = count
        numbers[row] = table[place] - 1
    return count
