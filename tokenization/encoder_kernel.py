"""The kernel that encodes UTF-8 bytes, a batch of values at a time.

A value is processed some hundred words at a time, in three steps that alternate, so that no step
waits for another's memory accesses or disturbs its branch prediction: find where words start (64
bytes at once where they are ASCII), hash the words and prefetch their entries in the word cache,
and copy the ids. A run of two or more spaces is looked up in the cache like a word.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import load64, store64, trailing_zeros
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.foundation.simd64 import BLOCK
from codecorpus.tokenization.ascii_pretokenizer import (
    BLOCK_AHEAD,
    WORD_BOUNDARY,
    is_ascii,
    word_starts,
)
from codecorpus.tokenization.bpe import LONGEST_SCANNED, merge_word
from codecorpus.tokenization.intrinsics import borrowed, prefetch
from codecorpus.tokenization.merge_table import MergeTable
from codecorpus.tokenization.pretokenizer import word_end
from codecorpus.tokenization.vocabulary import LONGEST_RUN
from codecorpus.tokenization.word_cache import (
    IDS_IN_ENTRY,
    LONGEST_KEY,
    LONGEST_WORD,
    WordCache,
    clear,
    find_long,
    find_short,
    first_bytes,
    hash_long,
    hash_short,
    home_slot,
    insert,
    second_bytes,
)

READ_AHEAD = BLOCK_AHEAD
"""Bytes loaded past the end of a value."""
WRITE_AHEAD = 4
"""Ids that may be written past the last one."""
WORDS_AT_ONCE = 512
"""Words found before they are looked up; one block may add up to BLOCK more."""

_ONE = np.uint64(1)


class Tables(NamedTuple):
    """The tables that define words and ids.

    Attributes:
        merges: the merges of the vocabulary.
        space_ids: uint16[11], the id of a run of spaces by its length; 0 and 1 are not used.
        classes: uint8[0x200000], from `pretokenizer.padded_classes`.
        ascii_classes: uint8[256], from `pretokenizer.byte_classes`.
    """

    merges: MergeTable
    space_ids: NDArray[np.uint16]
    classes: NDArray[np.uint8]
    ascii_classes: NDArray[np.uint8]


class Scratch(NamedTuple):
    """Buffers that are reused for every batch of words.

    Attributes:
        starts: int64[WORDS_AT_ONCE + BLOCK + 2], where words start.
        hashes: uint64[WORDS_AT_ONCE + BLOCK + 2], the words' hashes, later replaced by the
            positions of their cache entries.
        pieces: uint16[LONGEST_WORD], the ids of one word.
        pairs: int32[LONGEST_SCANNED], for `merge_word`.
    """

    starts: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    pieces: NDArray[np.uint16]
    pairs: NDArray[np.int32]


def make_scratch() -> Scratch:
    """Allocate the buffers of one encoder."""
    words = WORDS_AT_ONCE + BLOCK + 2
    return Scratch(
        starts=np.zeros(words, np.int64),
        hashes=np.zeros(words, np.uint64),
        pieces=np.empty(LONGEST_WORD, np.uint16),
        pairs=np.empty(LONGEST_SCANNED, np.int32),
    )


@kernel
def encode_values(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    tail: NDArray[np.uint8],
    tail_start: np.int64,
    tables: Tables,
    cache: WordCache,
    scratch: Scratch,
    ids: NDArray[np.uint16],
    offsets: NDArray[np.int64],
) -> None:
    """Encode every value.

    Args:
        data: uint8, the buffer of the values.
        starts: int64[n], byte offset of each value's first byte.
        ends: int64[n], byte offset one past each value's last byte.
        tail: uint8, a copy of the data from `tail_start` on, with READ_AHEAD more bytes; values
            that end less than READ_AHEAD before the end of the buffer are read from it.
        tail_start: byte offset in the buffer.
        tables: the tables that define words and ids.
        cache: the words known so far; changed.
        scratch: changed.
        ids: uint16, written; one id for each byte and WRITE_AHEAD more must fit.
        offsets: int64[n + 1], written: value i has ids[offsets[i]:offsets[i + 1]].
    """
    data, tail, ids = borrowed(data), borrowed(tail), borrowed(ids)
    tables, cache, scratch = borrowed(tables), borrowed(cache), borrowed(scratch)
    count = np.int64(0)
    offsets[0] = 0
    for row in range(len(starts)):
        text, start, end = data, starts[row], ends[row]
        if end + READ_AHEAD > len(data):
            text, start, end = tail, start - tail_start, end - tail_start
        count = _encode_value(text, start, end, tables, cache, scratch, ids, count)
        offsets[row + 1] = count


@inlined
def _encode_value(
    text: NDArray[np.uint8],
    start: np.int64,
    end: np.int64,
    tables: Tables,
    cache: WordCache,
    scratch: Scratch,
    ids: NDArray[np.uint16],
    count: np.int64,
) -> np.int64:
    """Append the ids of text[start:end] after the first `count`; returns the new count."""
    starts = scratch.starts
    at = np.int64(start)
    waiting = np.int64(0)
    previous = WORD_BOUNDARY
    at_word_start = True  # whether a word is known to start at `at`
    while at < end:
        plain = is_ascii(text, at, end)
        bits, state, run_starts, run_ends = word_starts(text, at, end, previous)
        if plain and run_ends != 0:
            first = starts[waiting - 1] if previous.run != 0 else np.int64(0)
            plain = not _has_odd_run(run_starts, run_ends, at, first)
        if plain:
            previous = state
            while bits != 0:
                starts[waiting] = at + np.int64(trailing_zeros(bits))
                waiting += 1
                bits &= bits - _ONE
            at += BLOCK
            at_word_start = False
        else:
            block_end = min(at + BLOCK, end)
            if not at_word_start:
                waiting -= 1
                at = starts[waiting]
            while at < block_end:
                starts[waiting] = at
                waiting += 1
                at = _word_end(text, at, end, tables)
            previous = WORD_BOUNDARY
            at_word_start = True
        if waiting > WORDS_AT_ONCE:
            waiting -= 1
            count = _append_ids(text, waiting, tables, cache, scratch, ids, count)
            starts[0] = starts[waiting]
            waiting = np.int64(1)
    starts[waiting] = end
    return _append_ids(text, waiting, tables, cache, scratch, ids, count)


@inlined
def _has_odd_run(run_starts: np.uint64, run_ends: np.uint64, at: np.int64, first: np.int64) -> bool:
    """Whether a run that ends in the block at `at` leaves a single space for the next word.

    `first` is the start of the run that continues from the previous block, if there is one.
    """
    while run_ends != 0:
        end = np.int64(trailing_zeros(run_ends))
        begin = first - at
        if run_starts != 0 and np.int64(trailing_zeros(run_starts)) < end:
            begin = np.int64(trailing_zeros(run_starts))
            run_starts &= run_starts - _ONE
        if (end - begin) % LONGEST_RUN == 1:
            return True
        run_ends &= run_ends - _ONE
    return False


@inlined
def _word_end(text: NDArray[np.uint8], at: np.int64, end: np.int64, tables: Tables) -> np.int64:
    """The end of the run of spaces or the word that starts at `at`."""
    if text[at] == ord(" ") and at + 1 < end and text[at + 1] == ord(" "):
        stop = at + 2
        while stop < end and text[stop] == ord(" "):
            stop += 1
        return stop - 1 if (stop - at) % LONGEST_RUN == 1 else stop
    return min(np.int64(word_end(text, at, end, tables.classes, tables.ascii_classes)), end)


@kernel
def _append_ids(
    text: NDArray[np.uint8],
    words: np.int64,
    tables: Tables,
    cache: WordCache,
    scratch: Scratch,
    ids: NDArray[np.uint16],
    count: np.int64,
) -> np.int64:
    """Append the ids of the first words in `scratch.starts`; returns the new count.

    Each word ends where the next one starts.
    """
    starts = scratch.starts
    _hash_words(text, words, cache, scratch)
    begin = np.int64(0)
    while True:
        stop = _find_entries(text, begin, words, tables, cache, scratch)
        count = _copy_ids(begin, stop, cache, scratch, ids, count)
        if stop == words:
            return count
        size = starts[stop + 1] - starts[stop]
        if size > LONGEST_WORD:
            count += _encode_word(text, starts[stop], size, tables, scratch, ids, count)
            stop += 1
        else:
            clear(cache)
        begin = stop


@kernel
def _hash_words(
    text: NDArray[np.uint8], words: np.int64, cache: WordCache, scratch: Scratch
) -> None:
    """Hash words of up to LONGEST_WORD bytes and prefetch their cache entries."""
    starts, hashes = scratch.starts, scratch.hashes
    entries, key, other_key = cache.entries, cache.keys[0], cache.keys[1]
    for word in range(words):
        at = starts[word]
        size = starts[word + 1] - at
        if size <= LONGEST_KEY:
            first = first_bytes(text, at, size)
            second = second_bytes(text, at, size)
            hashes[word] = hash_short(first, second, key, other_key)
        elif size <= LONGEST_WORD:
            hashes[word] = hash_long(text, at, size, key, other_key)
        prefetch(entries, home_slot(entries, hashes[word]))


@kernel
def _find_entries(
    text: NDArray[np.uint8],
    begin: np.int64,
    words: np.int64,
    tables: Tables,
    cache: WordCache,
    scratch: Scratch,
) -> np.int64:
    """Replace the hashes of words by the positions of their entries, adding those that are missing.

    Returns the first word that is too long for the cache or no longer fits into it; `words` if all
    words have entries.
    """
    starts, hashes, entries = scratch.starts, scratch.hashes, cache.entries
    for word in range(begin, words):
        at = starts[word]
        size = starts[word + 1] - at
        if size <= LONGEST_KEY:
            first = first_bytes(text, at, size)
            second = second_bytes(text, at, size)
            entry = find_short(entries, hashes[word], first, second, size)
        elif size <= LONGEST_WORD:
            entry = find_long(cache, hashes[word], text, at, size)
        else:
            return np.int64(word)
        if entry < 0:
            found = _encode_word(text, at, size, tables, scratch, scratch.pieces, np.int64(0))
            entry = insert(cache, hashes[word], text, at, size, scratch.pieces, found)
            if entry < 0:
                return np.int64(word)
        hashes[word] = np.uint64(entry)
    return np.int64(words)


@kernel
def _copy_ids(
    begin: np.int64,
    stop: np.int64,
    cache: WordCache,
    scratch: Scratch,
    ids: NDArray[np.uint16],
    count: np.int64,
) -> np.int64:
    """Append the ids of words[begin:stop], whose entries are known; returns the new count."""
    entries, kept_ids, hashes = cache.entries, cache.ids, scratch.hashes
    for word in range(begin, stop):
        entry = np.int64(hashes[word])
        found = np.int64((entries[entry + 2] >> np.uint64(16)) & np.uint64(0xFFFF))
        packed = entries[entry + 3]
        if found <= IDS_IN_ENTRY:
            store64(ids, count * 2, packed)
        else:
            first = np.int64(packed)
            for index in range(0, found, IDS_IN_ENTRY):
                store64(ids, (count + index) * 2, load64(kept_ids, (first + index) * 2))
        count += found
    return count


@kernel
def _encode_word(
    text: NDArray[np.uint8],
    at: np.int64,
    size: np.int64,
    tables: Tables,
    scratch: Scratch,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Write the ids of a word or a run of spaces to ids[first:]; returns their number."""
    if size < 2 or text[at] != ord(" ") or text[at + 1] != ord(" "):
        return merge_word(text, at, size, tables.merges, scratch.pairs, ids, first)
    count = np.int64(0)
    while size > 1:
        length = min(size, np.int64(LONGEST_RUN))
        ids[first + count] = tables.space_ids[length]
        count += 1
        size -= length
    if size == 1:  # only at the end of the text; elsewhere the space belongs to the next word
        ids[first + count] = tables.merges.byte_ids[ord(" ")]
        count += 1
    return count
