"""Features that distinguish languages with a common vocabulary.

Such groups are C with its relatives, and JavaScript with TypeScript. A text classified as one of a
group is classified again by a model with its own features:
- unigrams, bigrams and trigrams of tokens in the code without comments, literals and macros
  (`strip_comments`);
- 3-grams to 5-grams of token shapes, where a word that is not a keyword is replaced by its shape
  (upper case, lower case, with an underscore …): the style of the code, whatever it is about;
- the prefixes of other words (cuda, of cudaMalloc), since libraries use common prefixes;
- keywords together with what else the file contains (`_mixture_flags`): Objective-C++ has the
  keywords of two languages;
- unigrams and bigrams of the raw text, with its comments and macros.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.keywords import (
    C_LIKE,
    CUDA_ONLY,
    SCRIPTS,
    TABLE_SIZE,
    word_table,
)
from codecorpus.filters.languages.classifier.tokens import (
    BIGRAM,
    KINDS,
    LINE_END,
    POSITION,
    SPACE,
    TRIGRAM,
    WORD,
    WORD_BYTE,
    bigram,
    spread_bits,
    token_at,
    trigram,
)
from codecorpus.filters.languages.strip_comments import strip_comments
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import inlined, kernel

CODE_BYTES = 32 << 10
"""Bytes of a text whose code is read."""

RAW_BYTES = 12 << 10
"""Bytes of a text that are read raw."""

_RAW, _SHAPE, _WORD_PREFIX, _WITH_FLAGS = (np.uint64(salt) for salt in (0xA5, 0x5A, 0x3C, 0xC3))
_AT, _COLON = (np.uint64(ord(sign) << 12) for sign in "@:")


class ConfusableGroup(NamedTuple):
    """Languages that are easily confused.

    Attributes:
        languages: their names.
        keywords: their keywords, separated by spaces.
    """

    languages: tuple[str, ...]
    keywords: str

    @property
    def codes(self) -> NDArray[np.int64]:
        """The indices of the languages in LANGUAGES, int64[languages]."""
        return np.array([LANGUAGES.index(name) for name in self.languages])


CONFUSABLE_GROUPS = (
    ConfusableGroup(("C++", "C", "Objective-C", "Cuda", "Objective-C++"), C_LIKE),
    ConfusableGroup(("JavaScript", "TypeScript"), SCRIPTS),
)


def extract_features(
    texts: ByteColumn, group: ConfusableGroup
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The offsets of each text's features, int64[n + 1], and the features, with repeats."""
    code = ByteColumn.from_arrow(strip_comments(texts.head(CODE_BYTES), keep_guarded=False))
    raw = texts.head(RAW_BYTES)
    limit = 8 * int(code.sizes.sum()) + 2 * int(raw.sizes.sum()) + 1
    out = np.empty(limit, np.uint64)
    offsets = np.zeros(len(texts) + 1, np.int64)
    _of_texts(
        raw.data,
        raw.starts,
        raw.ends,
        code.data,
        code.starts,
        code.ends,
        KINDS,
        word_table(group.keywords),
        word_table(CUDA_ONLY),
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
    keywords: NDArray[np.uint64],
    cuda_words: NDArray[np.uint64],
    out: NDArray[np.uint64],
    offsets: NDArray[np.int64],
) -> None:
    for i in range(len(starts)):
        count = _append_raw_features(raw, raw_starts[i], raw_ends[i], kinds, out, offsets[i])
        offsets[i + 1] = _append_code_features(
            code, starts[i], ends[i], kinds, keywords, cuda_words, out, count
        )


@kernel
def _append_raw_features(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    kinds: NDArray[np.uint8],
    out: NDArray[np.uint64],
    count: int,
) -> int:
    """Append the unigrams and bigrams of data[start:end], distinct from those of the code."""
    last = LINE_END
    at = start
    while at < end:
        if kinds[data[at]] == SPACE:
            at += 1
            continue
        token, at = token_at(data, at, end, kinds)
        if token == LINE_END:
            if last == LINE_END:
                continue
        else:
            out[count] = spread_bits(token ^ _RAW)
            count += 1
        out[count] = spread_bits(bigram(last, token) ^ _RAW)
        count += 1
        last = token
    return count


@kernel
def _append_code_features(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    kinds: NDArray[np.uint8],
    keywords: NDArray[np.uint64],
    cuda_words: NDArray[np.uint64],
    out: NDArray[np.uint64],
    count: int,
) -> int:
    """Append the features of the code data[start:end]; line ends are not part of shapes."""
    flags = _mixture_flags(data, start, end, kinds, cuda_words)
    before, last = LINE_END, LINE_END
    shape_1, shape_2, shape_3, shape_4 = LINE_END, LINE_END, LINE_END, LINE_END
    at = start
    while at < end:
        if kinds[data[at]] == SPACE:
            at += 1
            continue
        first = at
        token, at = token_at(data, at, end, kinds)
        if token == LINE_END and last == LINE_END:
            continue
        two = bigram(last, token)
        out[count] = spread_bits(token)
        out[count + 1] = spread_bits(two)
        out[count + 2] = spread_bits(trigram(before, two))
        count += 3
        before, last = last, token
        if token == LINE_END:
            continue
        shape = token
        if kinds[data[first]] == WORD_BYTE:
            if _contains(keywords, token):
                out[count] = spread_bits(((token * POSITION + flags) * WORD) ^ _WITH_FLAGS)
                count += 1
            else:
                shape = _word_shape(data, first, at)
                out[count] = spread_bits(_word_prefix(data, first, at) ^ _WORD_PREFIX)
                count += 1
        three = ((shape_1 * BIGRAM) ^ (shape_2 * POSITION) ^ (shape * WORD)) * TRIGRAM
        four = (three ^ (shape_3 * WORD)) * BIGRAM
        five = (four ^ (shape_4 * POSITION)) * TRIGRAM
        out[count] = spread_bits(three ^ _SHAPE)
        out[count + 1] = spread_bits(four ^ _SHAPE)
        out[count + 2] = spread_bits(five ^ _SHAPE)
        count += 3
        shape_4, shape_3, shape_2, shape_1 = shape_3, shape_2, shape_1, shape
    return count


@kernel
def _mixture_flags(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    kinds: NDArray[np.uint8],
    cuda_words: NDArray[np.uint64],
) -> np.uint64:
    """Flags of the code data[start:end]: 1 a word after an @, 2 two colons, 4 a word of Cuda."""
    flags = np.uint64(0)
    at = start
    while at < end:
        first = at
        if kinds[data[at]] == SPACE:
            at += 1
            continue
        token, at = token_at(data, at, end, kinds)
        if at == end:
            break
        if token == _AT and kinds[data[at]] == WORD_BYTE:
            flags |= np.uint64(1)
        elif token == _COLON and data[at] == data[first]:
            flags |= np.uint64(2)
        elif kinds[data[first]] == WORD_BYTE and _contains(cuda_words, token):
            flags |= np.uint64(4)
    return flags


@inlined
def _contains(words: NDArray[np.uint64], token: np.uint64) -> bool:
    """Whether a token is in a `word_table`."""
    at = np.int64(token >> np.uint64(54))
    while words[at] != 0 and words[at] != token:
        at = (at + 1) % TABLE_SIZE
    return bool(words[at] == token)


@kernel
def _word_shape(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """The shape of the word data[start:end], which is not empty, as a token below 2**7.

    16, plus 1 for lower case, 2 for upper case, 4 for an underscore, 8 for both cases with upper
    case first, and 32 for the suffix _t of C's types.
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
def _word_prefix(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """A hash of the prefix of the word data[start:end]: `cuda` of cudaMalloc, `NS` of NSString.

    The prefix ends before an underscore, a digit, or an upper-case letter before a lower-case one.
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
        part = (part ^ np.uint64(data[i])) * TRIGRAM
    return part
