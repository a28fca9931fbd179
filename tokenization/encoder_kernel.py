"""From UTF-8 bytes to ids, a batch of values at a time."""

import numpy as np
from numpy.typing import NDArray

from foundation.compiling import inlined, kernel
from foundation.words import store64
from tokenization.borrowing import borrowed
from tokenization.merging import Merges, merge_word
from tokenization.scanner import word_end
from tokenization.vocabulary import LONGEST_RUN
from tokenization.word_cache import (
    IDS_IN_ENTRY,
    LONGEST_KEY,
    LONGEST_WORD,
    WordCache,
    find_long,
    find_short,
    first_bytes,
    hash_long,
    insert,
    mix,
    second_bytes,
)

READ_AHEAD = 16
"""Bytes past the end of a value that are loaded."""
WRITE_AHEAD = 4
"""Ids past the last one that may be written."""


@kernel
def encode_values(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    tail: NDArray[np.uint8],
    tail_start: np.int64,
    space_ids: NDArray[np.uint16],
    classes: NDArray[np.uint8],
    ascii_classes: NDArray[np.uint8],
    merges: Merges,
    cache: WordCache,
    pieces: NDArray[np.uint16],
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
        space_ids: uint16[11], the id of a run of spaces by its length; 0 and 1 are not used.
        classes: uint8[0x200000], of `scanner.padded_classes`.
        ascii_classes: uint8[256], of `scanner.byte_classes`.
        merges: the vocabulary's.
        cache: words so far; changed.
        pieces: uint16[LONGEST_WORD], room for the ids of a word.
        ids: uint16, written; room for one to a byte and WRITE_AHEAD more.
        offsets: int64[n + 1], written: where the ids of each value begin.
    """
    data, tail, ids, pieces = borrowed(data), borrowed(tail), borrowed(ids), borrowed(pieces)
    space_ids, classes = borrowed(space_ids), borrowed(classes)
    ascii_classes = borrowed(ascii_classes)
    merges = Merges(
        borrowed(merges.byte_ids), borrowed(merges.slots), merges.shift, borrowed(merges.merged)
    )
    cache = WordCache(
        borrowed(cache.entries),
        borrowed(cache.words),
        borrowed(cache.ids),
        borrowed(cache.used),
        borrowed(cache.keys),
    )
    count = np.int64(0)
    offsets[0] = 0
    for row in range(len(starts)):
        text, start, end = data, starts[row], ends[row]
        if end + READ_AHEAD > len(data):
            text, start, end = tail, start - tail_start, end - tail_start
        count = _encode_value(
            text, start, end, space_ids, classes, ascii_classes, merges, cache, pieces, ids, count
        )
        offsets[row + 1] = count


@inlined
def _encode_value(
    text: NDArray[np.uint8],
    start: np.int64,
    end: np.int64,
    space_ids: NDArray[np.uint16],
    classes: NDArray[np.uint8],
    ascii_classes: NDArray[np.uint8],
    merges: Merges,
    cache: WordCache,
    pieces: NDArray[np.uint16],
    ids: NDArray[np.uint16],
    count: np.int64,
) -> np.int64:
    """Append the ids of text[start:end] behind the first `count`; returns how many there are."""
    entries, key, other_key = cache.entries, cache.keys[0], cache.keys[1]
    at = np.int64(start)
    while at < end:
        if text[at] == ord(" ") and at + 1 < end and text[at + 1] == ord(" "):
            run_end = at + 2
            while run_end < end and text[run_end] == ord(" "):
                run_end += 1
            while run_end - at > 1:
                length = min(run_end - at, np.int64(LONGEST_RUN))
                ids[count] = space_ids[length]
                count += 1
                at += length
            if at == end:
                break
        stop = min(np.int64(word_end(text, at, end, classes, ascii_classes)), end)
        size = stop - at
        if size <= LONGEST_KEY:
            first = first_bytes(text, at, size)
            second = second_bytes(text, at, size)
            mixed = mix(first, second, key, other_key)
            entry = find_short(entries, mixed, first, second, size)
        elif size <= LONGEST_WORD:
            mixed = hash_long(text, at, size, key, other_key)
            entry = find_long(cache, mixed, text, at, size)
        else:
            count += merge_word(text, at, size, merges, ids, count)
            at = stop
            continue
        if entry >= 0:
            count += _copy_found(entries, cache.ids, entry, ids, count)
        else:
            found = merge_word(text, at, size, merges, pieces, np.int64(0))
            for index in range(found):
                ids[count + index] = pieces[index]
            insert(cache, mixed, text, at, size, pieces, found)
            count += found
        at = stop
    return count


@inlined
def _copy_found(
    entries: NDArray[np.uint64],
    kept_ids: NDArray[np.uint16],
    entry: np.int64,
    ids: NDArray[np.uint16],
    count: np.int64,
) -> np.int64:
    """Append the ids of an entry; returns how many."""
    found = np.int64((entries[entry + 2] >> np.uint64(16)) & np.uint64(0xFFFF))
    packed = entries[entry + 3]
    if found <= IDS_IN_ENTRY:
        store64(ids, count * 2, packed)
    else:
        first = np.int64(packed)
        for index in range(found):
            ids[count + index] = kept_ids[first + index]
    return found
