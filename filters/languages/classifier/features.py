"""The features of the classifier: hashed n-grams of tokens (`tokens`).

Features are the unigrams, bigrams and trigrams of tokens, and the first four tokens with their
position in the file. Consecutive line ends count as one. Spaces separate tokens and are ignored,
except that indented tokens are distinguished from those at the start of a line.

Comments at the start of a text are skipped, since they are usually licences, but their opening
characters are a feature. Of a long text only three excerpts are read: imports are at the start, and
code is in the middle.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.tokens import (
    COMMENT_START,
    INDENTED,
    KINDS,
    LINE_END,
    LINE_FEED,
    POSITION,
    SPACE,
    bigram,
    spread_bits,
    token_at,
    trigram,
)
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

START_BYTES = 12 << 10
EXCERPT_BYTES = 4 << 10
"""Bytes read at the start of a long text, and at each of its middle and end."""

MAX_FEATURES = 3 * (START_BYTES + 2 * EXCERPT_BYTES) + 8
"""An upper bound of the features of a text."""

_MAX_COMMENTS = 4


def extract_features(texts: ByteColumn) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The offsets of each text's features, int64[n + 1], and the features, with repeats."""
    sizes = np.minimum(texts.sizes, START_BYTES + 2 * EXCERPT_BYTES)
    out = np.empty(3 * int(sizes.sum()) + 8 * len(texts) + MAX_FEATURES, np.uint64)
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
        offsets[i + 1] = offsets[i] + hash_features(
            data, starts[i], ends[i], kinds, out[offsets[i] :]
        )


@kernel
def hash_features(
    data: NDArray[np.uint8], start: int, end: int, kinds: NDArray[np.uint8], out: NDArray[np.uint64]
) -> int:
    """Write the features of data[start:end], in order and with repeats, to `out`.

    Args:
        data: the buffer.
        start: start of the text.
        end: end of the text.
        kinds: KINDS.
        out: uint64, at least MAX_FEATURES long.

    Returns:
        The number of features.
    """
    count = 0
    for _ in range(_MAX_COMMENTS):
        after = _skip_comment(data, start, end)
        if after == start:
            break
        out[count] = spread_bits((np.uint64(data[start]) << np.uint64(8)) | COMMENT_START)
        count += 1
        start = after
    if end - start <= START_BYTES + 2 * EXCERPT_BYTES:
        return _append_features(data, start, end, kinds, out, count, 4)
    middle = start + max(START_BYTES, (end - start - EXCERPT_BYTES) // 2)
    count = _append_features(data, start, start + START_BYTES, kinds, out, count, 4)
    count = _append_features(data, middle, middle + EXCERPT_BYTES, kinds, out, count, 0)
    return _append_features(data, end - EXCERPT_BYTES, end, kinds, out, count, 0)


@kernel
def _skip_comment(data: NDArray[np.uint8], start: int, end: int) -> int:
    """The position after white space and a comment at `start`, or `start` if nothing follows.

    A comment is enclosed in /* and */, (* and *), or <!-- and -->, or consists of two or more lines
    that start with //, --, or one of # % ; ! followed by a space or itself.
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
def _append_features(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    kinds: NDArray[np.uint8],
    out: NDArray[np.uint64],
    count: int,
    positioned: int,
) -> int:
    """Append the features of data[start:end]; the first `positioned` tokens also with position."""
    before = LINE_END
    last = LINE_END
    fresh = True  # at the start of a line
    seen = 0
    at = start
    while at < end:
        kind = kinds[data[at]]
        if kind == SPACE:
            at += 1
            if fresh and at < end and kinds[data[at]] > LINE_FEED:
                last = INDENTED
            continue
        token, at = token_at(data, at, end, kinds)
        if kind == LINE_FEED:
            if fresh:
                last = LINE_END
                continue
            fresh = True
        else:
            fresh = False
            out[count] = spread_bits(token)
            count += 1
            if seen < positioned:
                out[count] = spread_bits(token ^ (POSITION * np.uint64(seen + 1)))
                count += 1
                seen += 1
        two = bigram(last, token)
        out[count] = spread_bits(two)
        out[count + 1] = spread_bits(trigram(before, two))
        count += 2
        before = last
        last = token
    return count
