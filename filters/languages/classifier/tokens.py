"""Tokens of any language's text, as 64-bit values, and how values are mixed into features.

A token is a word (letters, digits, underscores and bytes beyond ASCII; of a long one, the first 24
bytes), a number (all alike), a single other character, or the end of a line. Only a text's bytes
matter, so it may be in any encoding that extends ASCII.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import inlined, kernel

WORD = np.uint64(0x9E3779B97F4A7C15)
TWO = np.uint64(0xD6E8FEB86659FD93)
THREE = np.uint64(0xA0761D6478BD642F)
PLACE = np.uint64(0xE7037ED1A0B428DB)
"""Odd constants that spread bits; each also stands for a role of its own."""

LINE, INDENTED, NUMBER, OPENER = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
"""Tokens that are no character; those of characters are above 2**12, those of words are hashes."""

LONGEST_WORD = 24
SPACE, FEED, OF_WORD, DIGIT, OTHER = 0, 1, 2, 3, 4
"""Kinds of bytes."""


def _kinds() -> NDArray[np.uint8]:
    kinds = np.full(256, OTHER, np.uint8)
    kinds[[0, 9, 11, 12, 13, 32]] = SPACE
    kinds[10] = FEED
    for first, last in ((65, 90), (95, 95), (97, 122), (128, 255)):
        kinds[first : last + 1] = OF_WORD
    kinds[48:58] = DIGIT
    return kinds


KINDS = _kinds()
"""uint8[256]: the kind of each byte."""


@inlined
def mix(value: np.uint64) -> np.uint64:
    """Spread the bits of a hash over all of it (two rounds of multiplying and folding)."""
    value = (value ^ (value >> np.uint64(32))) * WORD
    return (value ^ (value >> np.uint64(29))) * TWO


@inlined
def pair(last: np.uint64, token: np.uint64) -> np.uint64:
    """Two tokens behind each other, to be mixed."""
    return (last * TWO + token) * THREE


@inlined
def triple(before: np.uint64, two: np.uint64) -> np.uint64:
    """A token and the `pair` that follows it, to be mixed."""
    return (before * PLACE + two) ^ THREE


@kernel
def token_at(
    data: NDArray[np.uint8], at: int, end: int, kinds: NDArray[np.uint8]
) -> tuple[np.uint64, int]:
    """The token that begins at data[at], which is no space, and where the text goes on after it."""
    kind = kinds[data[at]]
    if kind == FEED:
        return LINE, at + 1
    if kind == OTHER:
        return np.uint64(data[at]) << np.uint64(12), at + 1
    token = NUMBER
    if kind == OF_WORD:
        token = WORD
        stop = min(end, at + LONGEST_WORD)
        while at < stop and (kinds[data[at]] & 2) == 2:
            token = (token ^ np.uint64(data[at])) * THREE
            at += 1
    while at < end and (kinds[data[at]] & 2) == 2:
        at += 1
    return token, at
