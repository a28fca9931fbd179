"""Byte-pair encoding of one word: merge the leftmost pair of the lowest rank, and repeat.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016),
algorithm 1. In words of up to 48 bytes all pairs are scanned for the lowest rank, eight at a time.
Longer words use a heap, so that any word of n bytes takes O(n log n).
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import leading_zeros, trailing_zeros
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.tokenization.heap_merge import merge_long_word
from codecorpus.tokenization.merge_table import NO_MERGE, MergeTable, merge_rank

LONGEST_SCANNED = 48
"""Bytes of the longest word that is scanned; longer words use the heap."""

_ONE, _ALL = np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF)
_POSITION_BITS = 6
_POSITION_MASK = (1 << _POSITION_BITS) - 1
_NO_PAIR = np.int32((1 << 31) - 1)
_AT_ONCE = 8


@kernel
def merge_word(
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    merges: MergeTable,
    pairs: NDArray[np.int32],
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Encode the word text[start:start + size] into ids[first:]; returns the number of ids.

    `ids` must have room for `size` ids; `pairs` is int32[LONGEST_SCANNED], overwritten.
    """
    if size <= LONGEST_SCANNED:
        return _merge_short_word(text, start, size, merges, pairs, ids, first)
    return merge_long_word(text, start, size, merges, ids, first)


@kernel
def _merge_short_word(
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    merges: MergeTable,
    pairs: NDArray[np.int32],
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Each piece is kept at the position of its first byte, which is marked by a bit of `live`.

    An entry of `pairs` is rank << 6 | position, so the lowest entry is the leftmost pair of the
    lowest rank.
    """
    for position in range(size):
        ids[first + position] = merges.byte_ids[text[start + position]]
    for position in range(size - 1):
        both = np.int64(text[start + position]) << 8 | np.int64(text[start + position + 1])
        pairs[position] = _entry(np.int64(merges.byte_ranks[both]), np.int64(position))
    padded_size = (size + _AT_ONCE - 1) & -_AT_ONCE
    for position in range(size - 1, padded_size):
        pairs[position] = _NO_PAIR
    live = (_ONE << np.uint64(size)) - _ONE
    while True:
        lowest = _lowest(pairs, padded_size)
        if lowest == _NO_PAIR:
            break
        at = np.int64(lowest) & _POSITION_MASK
        ids[first + at] = merges.merged[lowest >> _POSITION_BITS]
        after = live & (_ALL << np.uint64(at + 1))
        right = np.int64(trailing_zeros(after))
        live &= ~(_ONE << np.uint64(right))
        pairs[right] = _NO_PAIR
        pairs[at] = _NO_PAIR
        after &= after - _ONE
        if after != 0:
            right = np.int64(trailing_zeros(after))
            pairs[at] = _pair(merges, ids[first + at], ids[first + right], at)
        before = live & ((_ONE << np.uint64(at)) - _ONE)
        if before != 0:
            left = 63 - np.int64(leading_zeros(before))
            pairs[left] = _pair(merges, ids[first + left], ids[first + at], left)
    written = np.int64(0)
    while live != 0:
        ids[first + written] = ids[first + np.int64(trailing_zeros(live))]
        written += 1
        live &= live - _ONE
    return written


@inlined
def _pair(merges: MergeTable, left: np.uint16, right: np.uint16, position: np.int64) -> np.int32:
    return _entry(merge_rank(merges.slots, merges.shift, left, right), position)


@inlined
def _entry(rank: np.int64, position: np.int64) -> np.int32:
    return _NO_PAIR if rank == NO_MERGE else np.int32(rank << _POSITION_BITS | position)


@inlined
def _lowest(pairs: NDArray[np.int32], padded_size: np.int64) -> np.int32:
    """The lowest of the first `padded_size` entries; `padded_size` is a multiple of eight."""
    lowest = _NO_PAIR
    for block in range(0, padded_size, _AT_ONCE):
        for index in range(_AT_ONCE):
            lowest = min(lowest, pairs[block + index])
    return lowest
