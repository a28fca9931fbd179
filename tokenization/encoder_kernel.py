"""From UTF-8 bytes to ids, a batch of values at a time.

The work on a value goes back and forth between three steps, some hundred words at a time, so that
none of them waits for another's memory or spoils its branches: where words begin (64 bytes at once
where they are ASCII), their hashes, upon which their entries in the table are fetched, and their
ids. A run of two or more spaces goes through the table like a word.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import load64, store64, trailing_zeros
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.foundation.simd64 import BLOCK
from codecorpus.tokenization.ascii_pretokenizer import BLOCK_AHEAD, NOTHING, is_ascii, word_starts
from codecorpus.tokenization.bpe import LONGEST_SCANNED, merge_word
from codecorpus.tokenization.intrinsics import borrowed
from codecorpus.tokenization.merge_table import Merges
from codecorpus.tokenization.prefetching import prefetch
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
    home,
    insert,
    mix,
    second_bytes,
)

READ_AHEAD = BLOCK_AHEAD
"""Bytes past the end of a value that are loaded."""
WRITE_AHEAD = 4
"""Ids past the last one that may be written."""
WORDS_AT_ONCE = 512
"""Words that are found before they are looked up; one block more may be."""

_ONE = np.uint64(1)


class Tables(NamedTuple):
    """What words and ids are.

    Attributes:
        merges: the vocabulary's.
        space_ids: uint16[11], the id of a run of spaces by its length; 0 and 1 are not used.
        classes: uint8[0x200000], of `scanner.padded_classes`.
        ascii_classes: uint8[256], of `scanner.byte_classes`.
    """

    merges: Merges
    space_ids: NDArray[np.uint16]
    classes: NDArray[np.uint8]
    ascii_classes: NDArray[np.uint8]


class Scratch(NamedTuple):
    """Room that is used again and again.

    Attributes:
        starts: int64[WORDS_AT_ONCE + BLOCK + 2], where words begin.
        hashes: uint64 of the same size, their hashes, then where their entries are.
        pieces: uint16[LONGEST_WORD], the ids of a word.
        pairs: int32[LONGEST_SCANNED], for `merge_word`.
    """

    starts: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    pieces: NDArray[np.uint16]
    pairs: NDArray[np.int32]


def make_scratch() -> Scratch:
    """Room for one encoder."""
    room = WORDS_AT_ONCE + BLOCK + 2
    return Scratch(
        starts=np.zeros(room, np.int64),
        hashes=np.zeros(room, np.uint64),
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
        starts: int64[n], where they begin.
        ends: int64[n], one past where they end.
        tail: uint8, the data from `tail_start` on and READ_AHEAD bytes more: values that end too
            near to the end of the buffer are read here.
        tail_start: in bytes of the buffer.
        tables: what words and ids are.
        cache: words so far; changed.
        scratch: changed.
        ids: uint16, written; room for one to a byte and WRITE_AHEAD more.
        offsets: int64[n + 1], written: where the ids of each value begin.
    """
    data, tail, ids = borrowed(data), borrowed(tail), borrowed(ids)
    merges = tables.merges
    tables = Tables(
        Merges(
            borrowed(merges.byte_ids),
            borrowed(merges.slots),
            merges.shift,
            borrowed(merges.merged),
            borrowed(merges.byte_ranks),
        ),
        borrowed(tables.space_ids),
        borrowed(tables.classes),
        borrowed(tables.ascii_classes),
    )
    cache = WordCache(
        borrowed(cache.entries),
        borrowed(cache.words),
        borrowed(cache.ids),
        borrowed(cache.used),
        borrowed(cache.keys),
    )
    scratch = Scratch(
        borrowed(scratch.starts),
        borrowed(scratch.hashes),
        borrowed(scratch.pieces),
        borrowed(scratch.pairs),
    )
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
    """Append the ids of text[start:end] behind the first `count`; returns how many there are."""
    starts = scratch.starts
    at = np.int64(start)
    waiting = np.int64(0)
    before = NOTHING
    begins = True  # whether a word begins at `at` for certain
    while at < end:
        plain = is_ascii(text, at, end)
        bits, after, run_starts, run_ends = word_starts(text, at, end, before)
        if plain and run_ends != 0:
            first = starts[waiting - 1] if before.run != 0 else np.int64(0)
            plain = not _has_odd_run(run_starts, run_ends, at, first)
        if plain:
            before = after
            while bits != 0:
                starts[waiting] = at + np.int64(trailing_zeros(bits))
                waiting += 1
                bits &= bits - _ONE
            at += BLOCK
            begins = False
        else:
            block_end = min(at + BLOCK, end)
            if not begins:
                waiting -= 1
                at = starts[waiting]
            while at < block_end:
                starts[waiting] = at
                waiting += 1
                at = _piece_end(text, at, end, tables)
            before = NOTHING
            begins = True
        if waiting > WORDS_AT_ONCE:
            waiting -= 1
            count = _append_ids(text, waiting, tables, cache, scratch, ids, count)
            starts[0] = starts[waiting]
            waiting = np.int64(1)
    starts[waiting] = end
    return _append_ids(text, waiting, tables, cache, scratch, ids, count)


@inlined
def _has_odd_run(run_starts: np.uint64, run_ends: np.uint64, at: np.int64, first: np.int64) -> bool:
    """Whether a run that ends in the block at `at` leaves one space behind, for the next word.

    `first` is where the run begins that comes from the block before, if there is one.
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
def _piece_end(text: NDArray[np.uint8], at: np.int64, end: np.int64, tables: Tables) -> np.int64:
    """One past the run of spaces or the word that begins at `at`."""
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
    """Append the ids of the first words of `scratch.starts`, each of which ends with the next."""
    starts = scratch.starts
    _hash_words(text, words, cache, scratch)
    begin = np.int64(0)
    while True:
        stop = _find_words(text, begin, words, tables, cache, scratch)
        count = _copy_found(begin, stop, cache, scratch, ids, count)
        if stop == words:
            return count
        size = starts[stop + 1] - starts[stop]
        if size > LONGEST_WORD:
            count += _merge(text, starts[stop], size, tables, scratch, ids, count)
            stop += 1
        else:
            clear(cache)
        begin = stop


@kernel
def _hash_words(
    text: NDArray[np.uint8], words: np.int64, cache: WordCache, scratch: Scratch
) -> None:
    """Hash words of up to LONGEST_WORD bytes and have their entries fetched."""
    starts, hashes = scratch.starts, scratch.hashes
    entries, key, other_key = cache.entries, cache.keys[0], cache.keys[1]
    for word in range(words):
        at = starts[word]
        size = starts[word + 1] - at
        if size <= LONGEST_KEY:
            first = first_bytes(text, at, size)
            second = second_bytes(text, at, size)
            hashes[word] = mix(first, second, key, other_key)
        elif size <= LONGEST_WORD:
            hashes[word] = hash_long(text, at, size, key, other_key)
        prefetch(entries, home(entries, hashes[word]))


@kernel
def _find_words(
    text: NDArray[np.uint8],
    begin: np.int64,
    words: np.int64,
    tables: Tables,
    cache: WordCache,
    scratch: Scratch,
) -> np.int64:
    """Replace the hashes of words by where their entries are, making those that are missing.

    Returns the first word that is too long for the table, or for which it has no room any more;
    `words` if there is none.
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
            found = _merge(text, at, size, tables, scratch, scratch.pieces, np.int64(0))
            entry = insert(cache, hashes[word], text, at, size, scratch.pieces, found)
            if entry < 0:
                return np.int64(word)
        hashes[word] = np.uint64(entry)
    return np.int64(words)


@kernel
def _copy_found(
    begin: np.int64,
    stop: np.int64,
    cache: WordCache,
    scratch: Scratch,
    ids: NDArray[np.uint16],
    count: np.int64,
) -> np.int64:
    """Append the ids of words from `begin` to before `stop`, whose entries are known."""
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
def _merge(
    text: NDArray[np.uint8],
    at: np.int64,
    size: np.int64,
    tables: Tables,
    scratch: Scratch,
    ids: NDArray[np.uint16],
    first: np.int64,
) -> np.int64:
    """Put the ids of a word or a run of spaces into ids[first:]; returns how many there are."""
    if size < 2 or text[at] != ord(" ") or text[at + 1] != ord(" "):
        return merge_word(text, at, size, tables.merges, scratch.pairs, ids, first)
    count = np.int64(0)
    while size > 1:
        length = min(size, np.int64(LONGEST_RUN))
        ids[first + count] = tables.space_ids[length]
        count += 1
        size -= length
    if size == 1:  # only at the end of the text, else it begins the next word
        ids[first + count] = tables.merges.byte_ids[ord(" ")]
        count += 1
    return count
