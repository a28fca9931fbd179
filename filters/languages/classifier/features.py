"""What the classifier looks at: hashed n-grams of a text's tokens (`tokens`).

Features are each token, each two and each three behind each other, and the first four with their
place in the file. Ends of lines that follow each other are one. Spaces part tokens and are nothing
themselves, but that what begins a line is told from what is indented.

Comments that open a text are passed over, since they are licences and say nothing about it, but
what opens them is a feature. Of a long text only three parts are read, since imports are at its
beginning and code is in its middle.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.tokens import (
    FEED,
    INDENTED,
    KINDS,
    LINE,
    OPENER,
    PLACE,
    SPACE,
    mix,
    pair,
    token_at,
    triple,
)
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

BEGINNING = 12 << 10
MIDDLE = 4 << 10
"""Bytes read at the beginning, and of each of two parts: around the middle, and the end."""

MOST = 3 * (BEGINNING + 2 * MIDDLE) + 8
"""More features than any text has."""

_MOST_COMMENTS = 4


def of_texts(texts: ByteColumn) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Where each text's features begin, int64[n + 1], and the features, repeated as they are."""
    sizes = np.minimum(texts.sizes, BEGINNING + 2 * MIDDLE)
    out = np.empty(3 * int(sizes.sum()) + 8 * len(texts) + MOST, np.uint64)
    offsets = np.zeros(len(texts) + 1, np.int64)
    _of_texts(texts.data, texts.starts, texts.ends, KINDS, out, offsets)
    return offsets, out[: offsets[-1]]


@kernel
def _of_texts(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    out: NDArray[np.uint64],
    offsets: NDArray[np.int64],
) -> None:
    for i in range(len(starts)):
        offsets[i + 1] = offsets[i] + hashes(data, starts[i], ends[i], kinds, out[offsets[i] :])


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
        out[count] = mix((np.uint64(data[start]) << np.uint64(8)) | OPENER)
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
    before = LINE
    last = LINE
    fresh = True  # at a line's beginning
    seen = 0
    at = start
    while at < end:
        kind = kinds[data[at]]
        if kind == SPACE:
            at += 1
            if fresh and at < end and kinds[data[at]] > FEED:
                last = INDENTED
            continue
        token, at = token_at(data, at, end, kinds)
        if kind == FEED:
            if fresh:
                last = LINE
                continue
            fresh = True
        else:
            fresh = False
            out[count] = mix(token)
            count += 1
            if seen < places:
                out[count] = mix(token ^ (PLACE * np.uint64(seen + 1)))
                count += 1
                seen += 1
        two = pair(last, token)
        out[count] = mix(two)
        out[count + 1] = mix(triple(before, two))
        count += 2
        before = last
        last = token
    return count
