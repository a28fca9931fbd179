"""What tells languages apart that share most of their words.

C and its kin are such a group, and JavaScript and TypeScript. A text that is taken as one of them
is looked at again, with features of its own:
- each token, each two and each three behind each other in the code without its comments, literals
  and macros (`cleaning`);
- three to five tokens behind each other in which a word that the languages themselves lack is only
  of a kind (capitals, lower case, with an underscore …): how code looks, whatever it is about;
- how other words begin (cuda, of cudaMalloc), as libraries name all that is theirs alike;
- the languages' own words beside what else the file has (`_marks`): Objective-C++ is what has the
  words of two of them;
- each token and each two of the text as it stands, for its comments and macros.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.keywords import C_LIKE, OF_CUDA, SCRIPTS, SIZE, table
from codecorpus.filters.languages.classifier.tokens import (
    KINDS,
    LINE,
    OF_WORD,
    PLACE,
    SPACE,
    THREE,
    TWO,
    WORD,
    mix,
    pair,
    token_at,
    triple,
)
from codecorpus.filters.languages.strip_comments import clean
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import inlined, kernel

READ = 32 << 10
"""Bytes read of a text's code; of it as it stands, `READ_RAW`."""
READ_RAW = 12 << 10

_RAW, _SHAPE, _PART, _BESIDE = (np.uint64(salt) for salt in (0xA5, 0x5A, 0x3C, 0xC3))
_AT, _COLON = (np.uint64(ord(sign) << 12) for sign in "@:")


class Group(NamedTuple):
    """Languages that are close to each other.

    Attributes:
        languages: their names.
        words: those that are the languages' own, between spaces.
    """

    languages: tuple[str, ...]
    words: str

    @property
    def codes(self) -> NDArray[np.int64]:
        """int64[languages], their indices in LANGUAGES."""
        return np.array([LANGUAGES.index(name) for name in self.languages])


GROUPS = (
    Group(("C++", "C", "Objective-C", "Cuda", "Objective-C++"), C_LIKE),
    Group(("JavaScript", "TypeScript"), SCRIPTS),
)


def of_texts(texts: ByteColumn, group: Group) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Where each text's features begin, int64[n + 1], and the features, repeated as they are."""
    raw = texts.head(READ)
    code = ByteColumn.from_arrow(clean(raw, guarded=False))
    most = 8 * int(code.sizes.sum()) + 2 * int(texts.head(READ_RAW).sizes.sum()) + 1
    out = np.empty(most, np.uint64)
    offsets = np.zeros(len(texts) + 1, np.int64)
    heads = raw.head(READ_RAW)
    _of_texts(
        heads.data,
        heads.starts,
        heads.ends,
        code.data,
        code.starts,
        code.ends,
        KINDS,
        table(group.words),
        table(OF_CUDA),
        out,
        offsets,
    )
    return offsets, out[: offsets[-1]]


@kernel
def _of_texts(
    raw: NDArray[np.uint8],
    raw_starts: NDArray[np.int64],
    raw_ends: NDArray[np.int64],
    code: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    words: NDArray[np.uint64],
    marking: NDArray[np.uint64],
    out: NDArray[np.uint64],
    offsets: NDArray[np.int64],
) -> None:
    for i in range(len(starts)):
        count = _pairs(raw, raw_starts[i], raw_ends[i], kinds, out, offsets[i])
        offsets[i + 1] = _shapes(code, starts[i], ends[i], kinds, words, marking, out, count)


@kernel
def _pairs(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    kinds: NDArray[np.uint8],
    out: NDArray[np.uint64],
    count: int,
) -> int:
    """Append each token of data[start:end] and each two, marked as those of the raw text."""
    last = LINE
    at = start
    while at < end:
        if kinds[data[at]] == SPACE:
            at += 1
            continue
        token, at = token_at(data, at, end, kinds)
        if token == LINE:
            if last == LINE:
                continue
        else:
            out[count] = mix(token ^ _RAW)
            count += 1
        out[count] = mix(pair(last, token) ^ _RAW)
        count += 1
        last = token
    return count


@kernel
def _shapes(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    kinds: NDArray[np.uint8],
    words: NDArray[np.uint64],
    marking: NDArray[np.uint64],
    out: NDArray[np.uint64],
    count: int,
) -> int:
    """Append the features of the code data[start:end]; ends of lines are no part of its shape."""
    marks = _marks(data, start, end, kinds, marking)
    before, last = LINE, LINE
    shape_1, shape_2, shape_3, shape_4 = LINE, LINE, LINE, LINE
    at = start
    while at < end:
        if kinds[data[at]] == SPACE:
            at += 1
            continue
        first = at
        token, at = token_at(data, at, end, kinds)
        if token == LINE and last == LINE:
            continue
        two = pair(last, token)
        out[count] = mix(token)
        out[count + 1] = mix(two)
        out[count + 2] = mix(triple(before, two))
        count += 3
        before, last = last, token
        if token == LINE:
            continue
        shape = token
        if kinds[data[first]] == OF_WORD:
            if _own(words, token):
                out[count] = mix(((token * PLACE + marks) * WORD) ^ _BESIDE)
                count += 1
            else:
                shape = _kind_of_word(data, first, at)
                out[count] = mix(_part_of_word(data, first, at) ^ _PART)
                count += 1
        three = ((shape_1 * TWO) ^ (shape_2 * PLACE) ^ (shape * WORD)) * THREE
        four = (three ^ (shape_3 * WORD)) * TWO
        five = (four ^ (shape_4 * PLACE)) * THREE
        out[count] = mix(three ^ _SHAPE)
        out[count + 1] = mix(four ^ _SHAPE)
        out[count + 2] = mix(five ^ _SHAPE)
        count += 3
        shape_4, shape_3, shape_2, shape_1 = shape_3, shape_2, shape_1, shape
    return count


@kernel
def _marks(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    kinds: NDArray[np.uint8],
    marking: NDArray[np.uint64],
) -> np.uint64:
    """What the code data[start:end] has.

    1 for a word after an @, 2 for two colons, 4 for one of the `marking` words.
    """
    marks = np.uint64(0)
    at = start
    while at < end:
        first = at
        if kinds[data[at]] == SPACE:
            at += 1
            continue
        token, at = token_at(data, at, end, kinds)
        if at == end:
            break
        if token == _AT and kinds[data[at]] == OF_WORD:
            marks |= np.uint64(1)
        elif token == _COLON and data[at] == data[first]:
            marks |= np.uint64(2)
        elif kinds[data[first]] == OF_WORD and _own(marking, token):
            marks |= np.uint64(4)
    return marks


@inlined
def _own(words: NDArray[np.uint64], token: np.uint64) -> bool:
    """Whether a word is one of the languages' own."""
    at = np.int64(token >> np.uint64(54))
    while words[at] != 0 and words[at] != token:
        at = (at + 1) % SIZE
    return bool(words[at] == token)


@kernel
def _kind_of_word(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """Of the word data[start:end], which is not empty: a token below 2**7.

    16, and 1 for lower case, 2 for upper case, 4 for an underscore, 8 for both cases and the upper
    first, 32 for what ends in _t, as C's types do.
    """
    lower, upper, under = False, False, False
    for at in range(start, end):
        character = data[at]
        lower |= 97 <= character <= 122
        upper |= 65 <= character <= 90
        under |= character == 95
    kind = 16 + int(lower) + 2 * int(upper) + 4 * int(under)
    if lower and upper and 65 <= data[start] <= 90:
        kind += 8
    if end - start > 2 and data[end - 1] == 116 and data[end - 2] == 95:
        kind += 32
    return np.uint64(kind)


@kernel
def _part_of_word(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """A hash of how the word data[start:end] begins: `cuda` of cudaMalloc, `NS` of NSString.

    It ends before an underscore, a digit, and a capital that lower case follows.
    """
    while start < end - 1 and data[start] == 95:
        start += 1
    at = start
    while at < end and 65 <= data[at] <= 90:
        at += 1
    if at - start > 1 and at < end and 97 <= data[at] <= 122:
        at -= 1
    elif at - start < 2:
        while at < end and 97 <= data[at] <= 122:
            at += 1
    part = WORD
    for i in range(start, max(at, start + 1)):
        part = (part ^ np.uint64(data[i])) * THREE
    return part
