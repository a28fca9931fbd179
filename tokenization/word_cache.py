"""A bounded hash table from words to their ids, so that each word is merged only once.

A word of up to 16 bytes is its own key. One of 17 to 512 bytes is found by its hash and compared
byte by byte. Longer words are not stored. Up to four ids are stored in the entry itself. A full
table must be emptied. The table's content affects only the speed of encoding, never the ids.

The hash is keyed with random numbers, so nobody can write a file whose words collide.
"""

import os
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import load64
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.tokenization.intrinsics import folded_product

LONGEST_KEY = 16
LONGEST_WORD = 512
IDS_IN_ENTRY = 4
PADDING = 16
"""Bytes after a word that kernels load and ignore."""

_ONE, _SIXTEEN, _LOW_HALF = np.uint64(1), np.uint64(16), np.uint64(0xFFFF)
_FIRST = np.array([(1 << 8 * min(size, 8)) - 1 for size in range(17)], np.uint64)
_SECOND = np.array([(1 << 8 * max(size - 8, 0)) - 1 for size in range(17)], np.uint64)
_ENTRIES, _BYTES, _IDS, RESETS = range(4)


class WordCache(NamedTuple):
    """The arrays of a table of 2^bits entries.

    Attributes:
        entries: uint64[4 x 2^bits], four to an entry: the word's first eight bytes or its hash; its
            next eight bytes or the offset in `words`; size | number of ids << 16 | 1 << 40, or 0 if
            the entry is empty; up to four ids, or the offset in `ids`.
        words: uint8, the bytes of words longer than 16 bytes.
        ids: uint16, the ids of words with more than four; kernels load up to three past the last.
        used: int64[4], the number of used entries, bytes and ids; resets so far.
        keys: uint64[2], the random keys of the hash.
    """

    entries: NDArray[np.uint64]
    words: NDArray[np.uint8]
    ids: NDArray[np.uint16]
    used: NDArray[np.int64]
    keys: NDArray[np.uint64]


def make_cache(bits: int) -> WordCache:
    """An empty table of 2^bits entries of 56 bytes each; `bits` is at least 8."""
    assert bits >= 8
    padded = np.empty((4 << bits) + 8, np.uint64)  # not np.zeros, which uses no huge pages
    padded.fill(0)
    first = -(padded.ctypes.data // 8) % 8  # so that no entry crosses a cache line
    return WordCache(
        entries=padded[first : first + (4 << bits)],
        words=np.zeros(16 << bits, np.uint8),
        ids=np.zeros(4 << bits, np.uint16),
        used=np.zeros(4, np.int64),
        keys=np.frombuffer(os.urandom(16), np.uint64).copy(),
    )


@inlined
def first_bytes(text: NDArray[np.uint8], start: np.int64, size: np.int64) -> np.uint64:
    """The first eight of `size` bytes, zero past the size; size is at most 16."""
    return np.uint64(load64(text, start) & _FIRST[size])


@inlined
def second_bytes(text: NDArray[np.uint8], start: np.int64, size: np.int64) -> np.uint64:
    """The second eight of `size` bytes, zero past the size; size is at most 16."""
    return np.uint64(load64(text, start + 8) & _SECOND[size])


@inlined
def hash_short(
    first: np.uint64, second: np.uint64, key: np.uint64, other_key: np.uint64
) -> np.uint64:
    """The keyed hash of a word of up to 16 bytes."""
    return np.uint64(folded_product(first ^ key, second ^ other_key))


@kernel
def hash_long(
    text: NDArray[np.uint8], start: np.int64, size: np.int64, key: np.uint64, other_key: np.uint64
) -> np.uint64:
    """The keyed hash of a word of any size."""
    word_hash = np.uint64(size)
    for done in range(0, size, 16):
        rest = min(np.int64(16), size - done)
        at = start + done
        first = word_hash ^ first_bytes(text, at, rest)
        word_hash = hash_short(first, second_bytes(text, at, rest), key, other_key)
    return word_hash


@inlined
def home_slot(entries: NDArray[np.uint64], word_hash: np.uint64) -> np.int64:
    """The index in `entries` at which linear probing for a hash starts."""
    return np.int64(word_hash & np.uint64((len(entries) >> 2) - 1)) << 2


@inlined
def find_short(
    entries: NDArray[np.uint64],
    word_hash: np.uint64,
    first: np.uint64,
    second: np.uint64,
    size: np.int64,
) -> np.int64:
    """The index in `entries` of a word of up to 16 bytes, or -1."""
    at = home_slot(entries, word_hash)
    while True:
        state = entries[at + 2]
        if state == 0:
            return np.int64(-1)
        if (
            entries[at] == first
            and entries[at + 1] == second
            and state & _LOW_HALF == np.uint64(size)
        ):
            return at
        at = (at + 4) & (len(entries) - 1)


@kernel
def find_long(
    cache: WordCache,
    word_hash: np.uint64,
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
) -> np.int64:
    """The index in `entries` of a word of 17 to 512 bytes, or -1."""
    entries = cache.entries
    at = home_slot(entries, word_hash)
    while True:
        state = entries[at + 2]
        if state == 0:
            return np.int64(-1)
        if (
            entries[at] == word_hash
            and state & _LOW_HALF == np.uint64(size)
            and _same_bytes(cache.words, np.int64(entries[at + 1]), text, start, size)
        ):
            return at
        at = (at + 4) & (len(entries) - 1)


@kernel
def _same_bytes(
    left: NDArray[np.uint8],
    left_start: np.int64,
    right: NDArray[np.uint8],
    right_start: np.int64,
    size: np.int64,
) -> bool:
    for done in range(0, size, 8):
        rest = min(np.int64(8), size - done)
        if first_bytes(left, left_start + done, rest) != first_bytes(
            right, right_start + done, rest
        ):
            return False
    return True


@kernel
def clear(cache: WordCache) -> None:
    """Empty the table."""
    cache.entries[:] = 0
    cache.used[: _IDS + 1] = 0
    cache.used[RESETS] += 1


@kernel
def insert(
    cache: WordCache,
    word_hash: np.uint64,
    text: NDArray[np.uint8],
    start: np.int64,
    size: np.int64,
    ids: NDArray[np.uint16],
    count: np.int64,
) -> np.int64:
    """Store a word of up to 512 bytes that is not in the table, with its ids.

    Returns its index in `entries`, or -1 if the table must be emptied first. An empty table has
    room for at least one word.
    """
    used = cache.used
    if (
        used[_ENTRIES] >= len(cache.entries) * 5 // 32  # five eighths full
        or used[_BYTES] + size + PADDING > len(cache.words)
        or used[_IDS] + count + IDS_IN_ENTRY > len(cache.ids)
    ):
        return np.int64(-1)
    at = home_slot(cache.entries, word_hash)
    while cache.entries[at + 2] != 0:
        at = (at + 4) & (len(cache.entries) - 1)
    if size <= LONGEST_KEY:
        cache.entries[at] = first_bytes(text, start, size)
        cache.entries[at + 1] = second_bytes(text, start, size)
    else:
        cache.entries[at] = word_hash
        cache.entries[at + 1] = np.uint64(used[_BYTES])
        for index in range(size):
            cache.words[used[_BYTES] + index] = text[start + index]
        used[_BYTES] += size
    packed = np.uint64(0)
    if count <= IDS_IN_ENTRY:
        for index in range(count):
            packed |= np.uint64(ids[index]) << np.uint64(16 * index)
    else:
        packed = np.uint64(used[_IDS])
        for index in range(count):
            cache.ids[used[_IDS] + index] = ids[index]
        used[_IDS] += count
    cache.entries[at + 2] = np.uint64(size) | np.uint64(count) << _SIXTEEN | _ONE << np.uint64(40)
    cache.entries[at + 3] = packed
    used[_ENTRIES] += 1
    return at
