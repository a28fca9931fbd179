"""Radix sort of rows of 64-bit words, and numbering of distinct rows; both in linear time.

Rows of several words are stored by column: `words[0]` is the first word of every row and the most
significant sort key. Memory is a few words per row.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.shingles import mix64
from codecorpus.foundation.columns import read_only
from codecorpus.foundation.compiling import kernel

_DIGIT = 11
"""Bits sorted in one pass: its counters fill half of the first-level cache."""


def argsort_rows(words: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint32]:
    """The row numbers in ascending order of the rows, uint32[n]; stable.

    Args:
        words: one or more columns, uint64[n], the most significant first; n < 2**32.
    """
    order = np.arange(len(words[0]), dtype=np.uint32)
    for column in reversed(words):
        sort_by_key(column[order], order)
    return order


def number_distinct_rows(
    words: NDArray[np.uint64], order: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Number the distinct rows in the order of their first occurrence in `order`.

    Args:
        words: uint64[k, n], by column; the first column should be nearly random.
        order: uint32[n], all row numbers.

    Returns:
        uint32[n], the number of each row; uint32[numbers], the first row with each number.
    """
    numbers = np.empty(len(order), np.uint32)
    first = np.empty(len(order), np.uint32)
    count = _number(read_only(words), read_only(order), numbers, first)
    return numbers, first[:count].copy()


@kernel
def sort_by_key(keys: NDArray[np.uint64], values: NDArray[np.uint32]) -> None:
    """Sort both arrays in place by the keys; stable.

    Least significant digit first; a digit that is the same in all keys is skipped.

    Args:
        keys: uint64[n].
        values: uint32[n].
    """
    count = len(keys)
    digits = (64 + _DIGIT - 1) // _DIGIT
    counters = np.zeros((digits, 1 << _DIGIT), np.int64)
    low = np.uint64((1 << _DIGIT) - 1)
    for index in range(count):
        for digit in range(digits):
            counters[digit, np.int64((keys[index] >> np.uint64(digit * _DIGIT)) & low)] += 1
    from_keys, from_values = keys, values
    to_keys, to_values = np.empty_like(keys), np.empty_like(values)
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
            key = from_keys[index]
            digit_value = np.int64((key >> shift) & low)
            place = places[digit_value]
            places[digit_value] = place + 1
            to_keys[place] = key
            to_values[place] = from_values[index]
        from_keys, to_keys = to_keys, from_keys
        from_values, to_values = to_values, from_values
    keys[:] = from_keys
    values[:] = from_values


@kernel
def _number(
    words: NDArray[np.uint64],
    order: NDArray[np.uint32],
    numbers: NDArray[np.uint32],
    first: NDArray[np.uint32],
) -> int:
    """A hash table of numbers with linear probing; rows are compared word by word."""
    bits = 1
    while (1 << bits) < 2 * len(order):
        bits += 1
    wrap = (1 << bits) - 1
    table = np.zeros(1 << bits, np.uint32)  # number + 1; 0: free
    count = 0
    for index in range(len(order)):
        row = order[index]
        place = np.int64(mix64(words[0, row]) >> np.uint64(64 - bits))
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
