"""Language-independent tokens as 64-bit values, and the hashing of their n-grams.

A token is a word (letters, digits, underscores and bytes above 127; only the first 24 bytes count),
a number (all numbers are the same token), a single other character, or a line end. The tokenizer
works on bytes, so a text may be in any encoding that extends ASCII.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import inlined, kernel

WORD = np.uint64(0x9E3779B97F4A7C15)
BIGRAM = np.uint64(0xD6E8FEB86659FD93)
TRIGRAM = np.uint64(0xA0761D6478BD642F)
POSITION = np.uint64(0xE7037ED1A0B428DB)
"""Odd multipliers, named after their roles in hashing."""

LINE_END, INDENTED, NUMBER, COMMENT_START = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
"""Special tokens; tokens of characters are at least 2**12, tokens of words are hashes."""

LONGEST_WORD = 24
SPACE, LINE_FEED, WORD_BYTE, DIGIT, PUNCTUATION = 0, 1, 2, 3, 4
"""Kinds of bytes."""


def _kinds() -> NDArray[np.uint8]:
    kinds = np.full(256, PUNCTUATION, np.uint8)
    kinds[[0, 9, 11, 12, 13, 32]] = SPACE
    kinds[10] = LINE_FEED
    for first, last in ((65, 90), (95, 95), (97, 122), (128, 255)):
        kinds[first : last + 1] = WORD_BYTE
    kinds[48:58] = DIGIT
    return kinds


KINDS = _kinds()
"""The kind of each byte, uint8[256]."""


@inlined
def spread_bits(value: np.uint64) -> np.uint64:
    """Mix the bits of a hash: two rounds of xor-shift and multiplication."""
    value = (value ^ (value >> np.uint64(32))) * WORD
    return (value ^ (value >> np.uint64(29))) * BIGRAM


@inlined
def bigram(last: np.uint64, token: np.uint64) -> np.uint64:
    """The key of a token bigram; features are made from it by `spread_bits`."""
    return (last * BIGRAM + token) * TRIGRAM


@inlined
def trigram(before: np.uint64, two: np.uint64) -> np.uint64:
    """The key of a token trigram, from its first token and the `bigram` of the others."""
    return (before * POSITION + two) ^ TRIGRAM


@kernel
def token_at(
    data: NDArray[np.uint8], at: int, end: int, kinds: NDArray[np.uint8]
) -> tuple[np.uint64, int]:
    """The token at data[at], which is not a space, and the position after it."""
    kind = kinds[data[at]]
    if kind == LINE_FEED:
        return LINE_END, at + 1
    if kind == PUNCTUATION:
        return np.uint64(data[at]) << np.uint64(12), at + 1
    token = NUMBER
    if kind == WORD_BYTE:
        token = WORD
        stop = min(end, at + LONGEST_WORD)
        while at < stop and (kinds[data[at]] & 2) == 2:
            token = (token ^ np.uint64(data[at])) * TRIGRAM
            at += 1
    while at < end and (kinds[data[at]] & 2) == 2:
        at += 1
    return token, at
