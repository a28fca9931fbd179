"""Byte-pair encoding of one word: the pair of the lowest rank is merged, the leftmost first.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016),
algorithm 1. Short words scan their ranks for the lowest; longer ones keep a heap, so that a word of
n bytes takes O(n log n) whatever it consists of.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foundation.compiling import kernel
from tokenization.spelling import CHARACTERS
from tokenization.vocabulary import Vocabulary

NO_MERGE = 1 << 30
LONGEST_SCANNED = 48
"""Bytes; longer words use the heap."""

Id = np.uint16 | np.int32
"""An id of a token, as the arrays of the callers hold it."""

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
_RANK_BITS = 31
_RANK_MASK = (1 << _RANK_BITS) - 1


class Merges(NamedTuple):
    """The merges as kernels see them.

    Attributes:
        byte_ids: uint16[256], the id of each single byte.
        slots: int64[a power of two], a hash table by linear probing: left id << 47 | right id << 31
            | rank, or -1 where empty; at most half full.
        shift: how far a 64-bit product is shifted to give a slot.
        merged: uint16[merges], the id that each merge makes, by rank.
    """

    byte_ids: NDArray[np.uint16]
    slots: NDArray[np.int64]
    shift: np.uint64
    merged: NDArray[np.uint16]


def build_merges(vocabulary: Vocabulary) -> Merges:
    """The table of a vocabulary's merges."""
    vocab = vocabulary.vocab
    pairs = [vocab[left] << 16 | vocab[right] for left, right in vocabulary.merges]
    bits = max(4, (2 * len(pairs)).bit_length())
    slots = np.full(1 << bits, -1, np.int64)
    shift = np.uint64(64 - bits)
    _fill(np.array(pairs, np.int64), slots, shift)
    return Merges(
        byte_ids=np.array([vocab[character] for character in CHARACTERS], np.uint16),
        slots=slots,
        shift=shift,
        merged=np.array([vocab[left + right] for left, right in vocabulary.merges], np.uint16),
    )


@kernel
def _home(pair: np.int64, shift: np.uint64) -> np.int64:
    return np.int64((np.uint64(pair) * _MULTIPLIER) >> shift)


@kernel
def _fill(pairs: NDArray[np.int64], slots: NDArray[np.int64], shift: np.uint64) -> None:
    for rank in range(len(pairs)):
        slot = _home(pairs[rank], shift)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = pairs[rank] << _RANK_BITS | rank


@kernel
def merge_rank(slots: NDArray[np.int64], shift: np.uint64, left: Id, right: Id) -> np.int64:
    """The rank of the merge of two ids, or NO_MERGE."""
    pair = np.int64(left) << 16 | np.int64(right)
    slot = _home(pair, shift)
    while True:
        entry = np.int64(slots[slot])
        if entry < 0:
            return np.int64(NO_MERGE)
        if entry >> _RANK_BITS == pair:
            return entry & _RANK_MASK
        slot = (slot + 1) & (len(slots) - 1)


@kernel
def merge_word(
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    merges: Merges,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Encode the word text[start:start + size] into ids[first:]; returns how many there are.

    `ids` has room for `size` of them.
    """
    if size <= LONGEST_SCANNED:
        return _merge_scanning(text, start, size, merges, ids, first)
    return _merge_by_heap(text, start, size, merges, ids, first)


@kernel
def _merge_scanning(
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    merges: Merges,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    byte_ids, slots, merged = merges.byte_ids, merges.slots, merges.merged
    ranks = np.empty(LONGEST_SCANNED, np.int64)
    for index in range(size):
        ids[first + index] = byte_ids[text[start + index]]
    end = first + size  # one past the pieces that are left
    for index in range(size - 1):
        left = first + index
        ranks[index] = merge_rank(slots, merges.shift, ids[left], ids[left + 1])
    while True:
        lowest = np.int64(NO_MERGE)
        at = first
        for index in range(end - first - 1):
            if ranks[index] < lowest:
                lowest = ranks[index]
                at = first + index
        if lowest == NO_MERGE:
            return end - first
        ids[at] = merged[lowest]
        end -= 1
        for index in range(at + 1, end):
            ids[index] = ids[index + 1]
        for index in range(at + 1 - first, end - first - 1):
            ranks[index] = ranks[index + 1]
        if at > first:
            ranks[at - 1 - first] = merge_rank(slots, merges.shift, ids[at - 1], ids[at])
        if at < end - 1:
            ranks[at - first] = merge_rank(slots, merges.shift, ids[at], ids[at + 1])


@kernel
def _push(heap: NDArray[np.int64], count: np.int64, value: np.int64) -> np.int64:
    at = np.int64(count)
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent] <= value:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = value
    return count + 1


@kernel
def _sink_last(heap: NDArray[np.int64], count: np.int64) -> None:
    """Put the value behind the first `count` ones in place of the first."""
    value = heap[count]
    at = np.int64(0)
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = value


@kernel
def _push_pair(
    heap: NDArray[np.int64], count: np.int64, rank: np.int64, position: np.int64
) -> np.int64:
    """Pairs leave the heap by rank, then by position."""
    return _push(heap, count, rank << 32 | position) if rank != NO_MERGE else count


@kernel
def _merge_by_heap(
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    merges: Merges,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """The pieces are a linked list by position; a pair that has changed is skipped in its turn.

    Takes 28 bytes of memory for each byte of the word: every merge takes one pair off the heap and
    puts up to two on it, so there are never more than two for each byte.
    """
    slots, shift, merged = merges.slots, merges.shift, merges.merged
    pieces = np.empty(size, np.int32)  # the id of the piece that begins at each byte; -1: none
    following = np.empty(size, np.int32)
    preceding = np.empty(size, np.int32)
    heap = np.empty(2 * size, np.int64)
    count = np.int64(0)
    for at in range(size):
        pieces[at] = merges.byte_ids[text[start + at]]
        following[at] = at + 1
        preceding[at] = at - 1
    for at in range(size - 1):
        rank = merge_rank(slots, shift, pieces[at], pieces[at + 1])
        count = _push_pair(heap, count, rank, np.int64(at))
    while count > 0:
        rank = heap[0] >> 32
        here = heap[0] & 0xFFFFFFFF
        count -= 1
        _sink_last(heap, count)
        right = np.int64(following[here])
        if pieces[here] < 0 or right >= size:
            continue
        if merge_rank(slots, shift, pieces[here], pieces[right]) != rank:
            continue
        pieces[here] = merged[rank]
        pieces[right] = -1
        right = np.int64(following[right])
        following[here] = right
        if right < size:
            preceding[right] = here
            rank = merge_rank(slots, shift, pieces[here], pieces[right])
            count = _push_pair(heap, count, rank, here)
        left = np.int64(preceding[here])
        if left >= 0:
            rank = merge_rank(slots, shift, pieces[left], pieces[here])
            count = _push_pair(heap, count, rank, left)
    written = np.int64(0)
    here = np.int64(0)
    while here < size:
        ids[first + written] = pieces[here]
        written += 1
        here = np.int64(following[here])
    return written
