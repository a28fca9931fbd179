"""Byte-pair encoding of one word: the pair of the lowest rank is merged, the leftmost first.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016),
algorithm 1. Words of up to 48 bytes look through all their pairs for the lowest rank, eight at a
time; longer ones keep a heap, so that a word of n bytes takes O(n log n) whatever it consists of.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import leading_zeros, trailing_zeros
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.tokenization.heap_merge import merge_long_word
from codecorpus.tokenization.merge_table import NO_MERGE, Merges, merge_rank

LONGEST_SCANNED = 48
"""Bytes; longer words use the heap."""

_ONE, _ALL = np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF)
_PLACE_BITS = 6
_PLACES = (1 << _PLACE_BITS) - 1
_NONE = np.int32((1 << 31) - 1)
_AT_ONCE = 8


@kernel
def merge_word(
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    merges: Merges,
    pairs: NDArray[np.int32],
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Encode the word text[start:start + size] into ids[first:]; returns how many there are.

    `ids` has room for `size` of them; `pairs` is int32[LONGEST_SCANNED], overwritten.
    """
    if size <= LONGEST_SCANNED:
        return _merge_short_word(text, start, size, merges, pairs, ids, first)
    return merge_long_word(text, start, size, merges, ids, first)


@kernel
def _merge_short_word(
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    merges: Merges,
    pairs: NDArray[np.int32],
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Pieces stay where they begin, and a bit for each byte says whether one does.

    An entry of `pairs` is rank << 6 | place, so the lowest is the leftmost of the lowest rank.
    """
    for place in range(size):
        ids[first + place] = merges.byte_ids[text[start + place]]
    for place in range(size - 1):
        both = np.int64(text[start + place]) << 8 | np.int64(text[start + place + 1])
        pairs[place] = _entry(np.int64(merges.byte_ranks[both]), np.int64(place))
    room = (size + _AT_ONCE - 1) & -_AT_ONCE
    for place in range(size - 1, room):
        pairs[place] = _NONE
    live = (_ONE << np.uint64(size)) - _ONE
    while True:
        lowest = _lowest(pairs, room)
        if lowest == _NONE:
            break
        at = np.int64(lowest) & _PLACES
        ids[first + at] = merges.merged[lowest >> _PLACE_BITS]
        behind = live & (_ALL << np.uint64(at + 1))
        right = np.int64(trailing_zeros(behind))
        live &= ~(_ONE << np.uint64(right))
        pairs[right] = _NONE
        pairs[at] = _NONE
        behind &= behind - _ONE
        if behind != 0:
            right = np.int64(trailing_zeros(behind))
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
def _pair(merges: Merges, left: np.uint16, right: np.uint16, place: np.int64) -> np.int32:
    return _entry(merge_rank(merges.slots, merges.shift, left, right), place)


@inlined
def _entry(rank: np.int64, place: np.int64) -> np.int32:
    return _NONE if rank == NO_MERGE else np.int32(rank << _PLACE_BITS | place)


@inlined
def _lowest(pairs: NDArray[np.int32], room: np.int64) -> np.int32:
    """The lowest of the first `room` entries, a multiple of eight."""
    lowest = _NONE
    for block in range(0, room, _AT_ONCE):
        for index in range(_AT_ONCE):
            lowest = min(lowest, pairs[block + index])
    return lowest
