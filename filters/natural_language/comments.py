"""The kernel that takes the comments out of a file, by its language's marks."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.natural_language.syntaxes import BLOCK, DOCSTRING, LINE, STRING, Mark
from codecorpus.foundation.compiling import kernel

_LINE, _BLOCK, _STRING, _DOCSTRING = LINE, BLOCK, STRING, DOCSTRING
_LONGEST = 4  # bytes of a mark
_TAB, _FEED, _SPACE, _BACKSLASH = 9, 10, 32, 92


class _Marks(NamedTuple):
    """A language's marks as arrays, one row a mark."""

    opening: NDArray[np.uint8]  # [marks, _LONGEST]
    closing: NDArray[np.uint8]
    lengths: NDArray[np.int64]  # [marks, 2], of opening and closing
    kinds: NDArray[np.int64]
    after_space: NDArray[np.bool_]
    escape: NDArray[np.bool_]
    begins: NDArray[np.bool_]  # [256], which bytes a mark may begin with


def extract(
    data: NDArray[np.uint8], begin: int, end: int, marks: tuple[Mark, ...], most: int
) -> tuple[NDArray[np.uint8], int]:
    """The comments in data[begin:end], one behind the other, and how many letters they hold.

    Args:
        data: uint8, UTF-8.
        begin: where the file begins.
        end: where it ends, or where looking ends.
        marks: of the file's language.
        most: bytes of comment to take.

    Returns:
        uint8, at most `most` of them, a space or line feed between comments; and the letters of
        ASCII among them and all bytes above 127.
    """
    out = np.empty(most, np.uint8)
    size, letters = _extract(data, begin, end, *_marks(marks), out)
    return out[:size], letters


@functools.cache
def _marks(marks: tuple[Mark, ...]) -> _Marks:
    opening, closing = (np.zeros((len(marks), _LONGEST), np.uint8) for _ in range(2))
    begins = np.zeros(256, np.bool_)
    for row, mark in enumerate(marks):
        opening[row, : len(mark.opening)] = list(mark.opening)
        closing[row, : len(mark.closing)] = list(mark.closing)
        begins[mark.opening[0]] = True
    return _Marks(
        opening,
        closing,
        np.array([[len(mark.opening), len(mark.closing)] for mark in marks], np.int64),
        np.array([mark.kind for mark in marks], np.int64),
        np.array([mark.after_space for mark in marks], np.bool_),
        np.array([mark.escape for mark in marks], np.bool_),
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
    """Comments into `out` until it is full; their bytes and letters."""
    size = letters = 0
    blank = True  # nothing but spaces stands before on the line
    begin = at
    while at < end and size < len(out):
        byte = data[at]
        mark = -1
        if begins[byte]:
            mark = _find(data, begin, at, end, opening, lengths, after_space, escape, kinds)
        if mark < 0:
            blank = byte == _FEED or (blank and byte in (_SPACE, _TAB))
            at += 1
            continue
        kind = kinds[mark]
        taken = kind in (_LINE, _BLOCK) or (kind == _DOCSTRING and blank)
        at += lengths[mark, 0]
        length = lengths[mark, 1]
        while at < end:
            byte = data[at]
            if byte == closing[mark, 0] and _stands(data, at, end, closing, mark, length):
                at += length
                break
            if byte == _FEED and kind == _STRING:
                break
            step = 2 if byte == _BACKSLASH and escape[mark] and kind != _LINE else 1
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
def _find(
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
    """Which mark opens at `at`, or -1."""
    before = data[at - 1] if at > begin else np.uint8(_FEED)
    for mark in range(len(lengths)):
        if not _stands(data, at, end, opening, mark, lengths[mark, 0]):
            continue
        if after_space[mark] and before not in (_FEED, _SPACE, _TAB):
            continue
        if kinds[mark] == _LINE and escape[mark] and before == _BACKSLASH:
            continue
        return mark
    return -1


@kernel
def _stands(
    data: NDArray[np.uint8], at: int, end: int, marks: NDArray[np.uint8], mark: int, length: int
) -> bool:
    """Whether a mark's bytes stand at `at`."""
    if at + length > end:
        return False
    same = True
    for offset in range(length):
        same &= data[at + offset] == marks[mark, offset]
    return same
