"""Extract the comments of a file, by the delimiters of its language."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.natural_language.syntaxes import BLOCK, DOCSTRING, LINE, STRING, Delimiter
from codecorpus.foundation.compiling import kernel

_LINE, _BLOCK, _STRING, _DOCSTRING = LINE, BLOCK, STRING, DOCSTRING
_LONGEST = 4  # bytes in a delimiter
_TAB, _FEED, _SPACE, _BACKSLASH = 9, 10, 32, 92


class _Delimiters(NamedTuple):
    """The delimiters of a language as arrays, one row per delimiter."""

    opening: NDArray[np.uint8]  # [delimiters, _LONGEST]
    closing: NDArray[np.uint8]
    lengths: NDArray[np.int64]  # [delimiters, 2], of opening and closing
    kinds: NDArray[np.int64]
    after_space: NDArray[np.bool_]
    escape: NDArray[np.bool_]
    begins: NDArray[np.bool_]  # [256], the bytes that a delimiter may begin with


def extract_comments(
    data: NDArray[np.uint8], begin: int, end: int, delimiters: tuple[Delimiter, ...], limit: int
) -> tuple[NDArray[np.uint8], int]:
    """The comments in data[begin:end], concatenated, and their number of letters.

    Args:
        data: uint8, UTF-8.
        begin: start of the file.
        end: end of the file, or of the search.
        delimiters: of the file's language.
        limit: most bytes to return.

    Returns:
        uint8, at most `limit` bytes, with a space or line feed after each comment; and the number
        of ASCII letters and bytes above 127 among them.
    """
    out = np.empty(limit, np.uint8)
    size, letters = _extract(data, begin, end, *_delimiters(delimiters), out)
    return out[:size], letters


@functools.cache
def _delimiters(delimiters: tuple[Delimiter, ...]) -> _Delimiters:
    opening, closing = (np.zeros((len(delimiters), _LONGEST), np.uint8) for _ in range(2))
    begins = np.zeros(256, np.bool_)
    for row, delimiter in enumerate(delimiters):
        opening[row, : len(delimiter.opening)] = list(delimiter.opening)
        closing[row, : len(delimiter.closing)] = list(delimiter.closing)
        begins[delimiter.opening[0]] = True
    return _Delimiters(
        opening,
        closing,
        np.array(
            [[len(delimiter.opening), len(delimiter.closing)] for delimiter in delimiters], np.int64
        ),
        np.array([delimiter.kind for delimiter in delimiters], np.int64),
        np.array([delimiter.after_space for delimiter in delimiters], np.bool_),
        np.array([delimiter.escape for delimiter in delimiters], np.bool_),
        begins,
    )


@kernel
def _extract(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    opening: NDArray[np.uint8],
    closing: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    kinds: NDArray[np.int64],
    after_space: NDArray[np.bool_],
    escape: NDArray[np.bool_],
    begins: NDArray[np.bool_],
    out: NDArray[np.uint8],
) -> tuple[int, int]:
    """Write comments to `out` until it is full; returns their bytes and letters."""
    size = letters = 0
    blank = True  # only spaces so far on the line
    begin = at
    while at < end and size < len(out):
        byte = data[at]
        delimiter = -1
        if begins[byte]:
            delimiter = _find_opening(
                data, begin, at, end, opening, lengths, after_space, escape, kinds
            )
        if delimiter < 0:
            blank = byte == _FEED or (blank and byte in (_SPACE, _TAB))
            at += 1
            continue
        kind = kinds[delimiter]
        taken = kind in (_LINE, _BLOCK) or (kind == _DOCSTRING and blank)
        at += lengths[delimiter, 0]
        length = lengths[delimiter, 1]
        while at < end:
            byte = data[at]
            if byte == closing[delimiter, 0] and _matches_at(
                data, at, end, closing, delimiter, length
            ):
                at += length
                break
            if byte == _FEED and kind == _STRING:
                break
            step = 2 if byte == _BACKSLASH and escape[delimiter] and kind != _LINE else 1
            for _ in range(min(step, end - at)):
                if taken and size < len(out):
                    out[size] = data[at]
                    size += 1
                    letters += data[at] > 127 or 97 <= (data[at] | 32) <= 122
                at += 1
        blank = kind == _LINE
        if taken and size < len(out):
            out[size] = _FEED if kind == _LINE else _SPACE
            size += 1
    return size, letters


@kernel
def _find_opening(
    data: NDArray[np.uint8],
    begin: int,
    at: int,
    end: int,
    opening: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    after_space: NDArray[np.bool_],
    escape: NDArray[np.bool_],
    kinds: NDArray[np.int64],
) -> int:
    """The delimiter that opens at `at`, or -1."""
    before = data[at - 1] if at > begin else np.uint8(_FEED)
    for delimiter in range(len(lengths)):
        if not _matches_at(data, at, end, opening, delimiter, lengths[delimiter, 0]):
            continue
        if after_space[delimiter] and before not in (_FEED, _SPACE, _TAB):
            continue
        if kinds[delimiter] == _LINE and escape[delimiter] and before == _BACKSLASH:
            continue
        return delimiter
    return -1


@kernel
def _matches_at(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    delimiters: NDArray[np.uint8],
    delimiter: int,
    length: int,
) -> bool:
    """Whether the delimiter's bytes are at `at`."""
    if at + length > end:
        return False
    same = True
    for offset in range(length):
        same &= data[at + offset] == delimiters[delimiter, offset]
    return same
