"""What the classifier looks at: hashed n-grams of a text's tokens.

A token is a word (letters, digits, underscores and bytes beyond ASCII; of a long one, the first 24
bytes), a number (all alike), a single other character, or the end of a line, once however many
follow each other. Features are each token, each two and each three behind each other, and the first
four with their place in the file. Spaces part tokens and are nothing themselves, but that what
begins a line is told from what is indented.

Comments that open a text are passed over, since they are licences and say nothing about it, but
what opens them is a feature. Of a long text only three parts are read, since imports are at its
beginning and code is in its middle. Only its bytes matter, so it may be in any encoding that
extends ASCII.
"""

import numpy as np
from numpy.typing import NDArray

from foundation.compiling import inlined, kernel

BEGINNING = 12 << 10
MIDDLE = 4 << 10
"""Bytes read at the beginning, and of each of two parts: around the middle, and the end."""

MOST = 3 * (BEGINNING + 2 * MIDDLE) + 8
"""More features than any text has."""

_WORD = np.uint64(0x9E3779B97F4A7C15)
_TWO = np.uint64(0xD6E8FEB86659FD93)
_THREE = np.uint64(0xA0761D6478BD642F)
_PLACE = np.uint64(0xE7037ED1A0B428DB)
_LONGEST_WORD = 24
_MOST_COMMENTS = 4

_LINE, _INDENTED, _NUMBER, _OPENER = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
"""Tokens that are no character; all others are above 4 * 2**8."""


def _kinds() -> NDArray[np.uint8]:
    """uint8[256]: 0 space, 1 line feed, 2 of a word, 3 digit, 4 any other character."""
    kinds = np.full(256, 4, np.uint8)
    kinds[[0, 9, 11, 12, 13, 32]] = 0
    kinds[10] = 1
    for first, last in ((65, 90), (95, 95), (97, 122), (128, 255)):
        kinds[first : last + 1] = 2
    kinds[48:58] = 3
    return kinds


KINDS = _kinds()


@kernel
def hashes(
    data: NDArray[np.uint8], start: int, end: int, kinds: NDArray[np.uint8], out: NDArray[np.uint64]
) -> int:
    """The features of the text at data[start:end], in order and repeated as they are.

    Args:
        data: holds the text.
        start: where it begins.
        end: where it ends.
        kinds: KINDS.
        out: uint64[MOST] at least; receives the hashes.

    Returns:
        How many.
    """
    count = 0
    for _ in range(_MOST_COMMENTS):
        after = _comment(data, start, end)
        if after == start:
            break
        out[count] = _mix((np.uint64(data[start]) << np.uint64(8)) | _OPENER)
        count += 1
        start = after
    if end - start <= BEGINNING + 2 * MIDDLE:
        return _part(data, start, end, kinds, out, count, 4)
    middle = start + max(BEGINNING, (end - start - MIDDLE) // 2)
    count = _part(data, start, start + BEGINNING, kinds, out, count, 4)
    count = _part(data, middle, middle + MIDDLE, kinds, out, count, 0)
    return _part(data, end - MIDDLE, end, kinds, out, count, 0)


@kernel
def _comment(data: NDArray[np.uint8], start: int, end: int) -> int:
    """Where the text goes on after white space and one comment at `start`, if there is more of it.

    A comment is what stands between /* and */, (* and *), or <!-- and -->, or two or more lines
    that begin with //, --, or one of # % ; ! and then a space or itself.
    """
    at = start
    while at < end and (data[at] <= 32 or data[at] in (0xEF, 0xBB, 0xBF)):  # a byte order mark
        at += 1
    if end - at < 4:
        return start
    first, second = data[at], data[at + 1]
    stop = at
    if second == 42 and first in (40, 47):  # '*' after '(' or '/'
        closing = 41 if first == 40 else 47
        stop = at + 3
        while stop < end and not (data[stop - 1] == 42 and data[stop] == closing):
            stop += 1
        stop += 1
    elif first == 60 and second == 33 and data[at + 2] == 45:  # '<!-'
        stop = at + 6
        while stop < end and not (
            data[stop] == 62 and data[stop - 1] == 45 and data[stop - 2] == 45
        ):
            stop += 1
        stop += 1
    elif first in (33, 35, 37, 45, 47, 59):  # one of ! # % - / ;
        lines = 0
        line = at
        while line + 1 < end and data[line] == first:
            follows = data[line + 1]
            if follows != first and (first in (45, 47) or follows > 32):
                break
            while line < end and data[line] != 10:
                line += 1
            line += 1
            lines += 1
        if lines > 1:
            stop = line
    return start if stop >= end else stop if stop > at else start


@inlined
def _mix(value: np.uint64) -> np.uint64:
    """Spread the bits of a hash over all of it (two rounds of multiplying and folding)."""
    value = (value ^ (value >> np.uint64(32))) * _WORD
    return (value ^ (value >> np.uint64(29))) * _TWO


@kernel
def _part(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    kinds: NDArray[np.uint8],
    out: NDArray[np.uint64],
    count: int,
    places: int,
) -> int:
    """Append the features of data[start:end]; its first `places` tokens also with their place."""
    before = _LINE
    last = _LINE
    fresh = True  # at a line's beginning
    seen = 0
    at = start
    while at < end:
        kind = kinds[data[at]]
        if kind == 0:
            at += 1
            if fresh and at < end and kinds[data[at]] > 1:
                last = _INDENTED
            continue
        if kind == 1:
            at += 1
            if fresh:
                last = _LINE
                continue
            token = _LINE
            fresh = True
        elif kind == 4:
            token = np.uint64(data[at]) << np.uint64(12)
            at += 1
            fresh = False
        elif kind == 3:
            while at < end and (kinds[data[at]] & 2) == 2:
                at += 1
            token = _NUMBER
            fresh = False
        else:
            stop = min(end, at + _LONGEST_WORD)
            token = _WORD
            while at < stop and (kinds[data[at]] & 2) == 2:
                token = (token ^ np.uint64(data[at])) * _THREE
                at += 1
            while at < end and (kinds[data[at]] & 2) == 2:
                at += 1
            fresh = False
        if token != _LINE:
            out[count] = _mix(token)
            count += 1
            if seen < places:
                out[count] = _mix(token ^ (_PLACE * np.uint64(seen + 1)))
                count += 1
                seen += 1
        two = (last * _TWO + token) * _THREE
        out[count] = _mix(two)
        out[count + 1] = _mix((before * _PLACE + two) ^ _THREE)
        count += 2
        before = last
        last = token
    return count
