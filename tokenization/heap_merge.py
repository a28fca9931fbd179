"""Byte-pair encoding of a word of any length, in O(n log n) time and nine bytes of memory a byte.

A heap holds the pairs that can be merged, and a bit for each byte tells whether a piece starts
there. Neighbours are found by scanning the bits, which is cheap because no piece is longer than the
longest token. A pair that has changed since it was pushed is skipped when it is popped. When the
heap is full of such pairs they are removed, which happens less than nine times in a word.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import leading_zeros, trailing_zeros
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.tokenization.merge_table import NO_MERGE, MergeTable, merge_rank

_ONE, _ALL = np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF)


@kernel
def merge_long_word(
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    merges: MergeTable,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Encode the word text[start:start + size] into ids[first:]; returns the number of ids.

    `ids` must have room for `size` ids; until the end each holds the piece that starts at its byte.
    """
    merged = merges.merged
    live = np.full((size >> 6) + 1, _ALL, np.uint64)
    live[size >> 6] = (_ONE << np.uint64(size & 63)) - _ONE
    for position in range(size):
        ids[first + position] = merges.byte_ids[text[start + position]]
    heap = np.empty(size + (size >> 3) + 16, np.int64)
    count = np.int64(0)
    for position in range(size - 1):
        both = np.int64(text[start + position]) << 8 | np.int64(text[start + position + 1])
        rank = np.int64(merges.byte_ranks[both])
        if rank != NO_MERGE:
            heap[count] = rank << 32 | position
            count += 1
    _heapify(heap, count)
    while count > 0:
        rank, at = heap[0] >> 32, heap[0] & 0xFFFFFFFF
        count -= 1
        _sift_down(heap, count, np.int64(0), heap[count])
        if _rank_at(at, live, merges, ids, first) != rank:
            continue
        right = _next_piece(live, at)
        ids[first + at] = merged[rank]
        live[right >> 6] &= ~(_ONE << np.uint64(right & 63))
        if count + 2 > len(heap):
            count = _drop_changed_pairs(heap, count, live, merges, ids, first)
        count = _push_pair(heap, count, at, live, merges, ids, first)
        if at > 0:
            left = _previous_piece(live, at)
            count = _push_pair(heap, count, left, live, merges, ids, first)
    written = np.int64(0)
    at = np.int64(0)
    while at < size:
        ids[first + written] = ids[first + at]
        written += 1
        at = _next_piece(live, at)
        if at < 0:
            break
    return written


@inlined
def _next_piece(live: NDArray[np.uint64], at: np.int64) -> np.int64:
    """The start of the piece after the one at `at`; -1 if there is none."""
    index = (at + 1) >> 6
    if index == len(live):
        return np.int64(-1)
    bits = live[index] & (_ALL << np.uint64((at + 1) & 63))
    while bits == 0:
        index += 1
        if index == len(live):
            return np.int64(-1)
        bits = live[index]
    return np.int64(index << 6) + np.int64(trailing_zeros(bits))


@inlined
def _previous_piece(live: NDArray[np.uint64], at: np.int64) -> np.int64:
    """The start of the piece before the one at `at`, which must not be the first."""
    index = (at - 1) >> 6
    bits = live[index] & (_ALL >> np.uint64(63 - ((at - 1) & 63)))
    while bits == 0:
        index -= 1
        bits = live[index]
    return np.int64(index << 6) + 63 - np.int64(leading_zeros(bits))


@kernel
def _rank_at(
    at: np.int64,
    live: NDArray[np.uint64],
    merges: MergeTable,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """The rank of the pair that starts at `at`; NO_MERGE if no pair or no piece starts there."""
    if (live[at >> 6] >> np.uint64(at & 63)) & _ONE == 0:
        return np.int64(NO_MERGE)
    right = _next_piece(live, at)
    if right < 0:
        return np.int64(NO_MERGE)
    return merge_rank(merges.slots, merges.shift, ids[first + at], ids[first + right])


@kernel
def _push_pair(
    heap: NDArray[np.int64],
    count: np.int64,
    at: np.int64,
    live: NDArray[np.uint64],
    merges: MergeTable,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Push the pair that starts at `at` if it can be merged; returns the heap's new size."""
    rank = _rank_at(at, live, merges, ids, first)
    if rank == NO_MERGE:
        return count
    value = rank << 32 | at
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
def _drop_changed_pairs(
    heap: NDArray[np.int64],
    count: np.int64,
    live: NDArray[np.uint64],
    merges: MergeTable,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Keep only the pairs that have not changed; returns their number."""
    kept = np.int64(0)
    for index in range(count):
        rank, at = heap[index] >> 32, heap[index] & 0xFFFFFFFF
        if _rank_at(at, live, merges, ids, first) == rank:
            heap[kept] = heap[index]
            kept += 1
    _heapify(heap, kept)
    return kept


@kernel
def _heapify(heap: NDArray[np.int64], count: np.int64) -> None:
    """Turn the first `count` values into a heap."""
    for at in range((count >> 1) - 1, -1, -1):
        _sift_down(heap, count, np.int64(at), heap[at])


@inlined
def _sift_down(heap: NDArray[np.int64], count: np.int64, at: np.int64, value: np.int64) -> None:
    """Insert a value at position `at` of the heap or below."""
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
