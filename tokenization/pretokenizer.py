r"""Splitting UTF-8 text into words by GPT-2's pattern, without a regular-expression engine.

The pattern (from the encoder published with Radford et al., 2019) takes the first match of: one of
`'s 't 're 've 'm 'll 'd`; an optional space and letters; an optional space and numbers; an optional
space and anything but white space, letters and numbers; white space that no other character
follows; white space. So in white space before a word, the last character is left over; it joins the
word if it is a space.

A run of two or more spaces (U+0020) is not part of any word: the caller removes it first, and the
text on each side is matched as if it ended or started there.

Kernels here read up to 16 bytes past the end of a value; the caller must make them readable.
Invalid UTF-8 is split into arbitrary words, but nothing is read out of bounds.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import load64, trailing_zeros
from codecorpus.foundation.characters import CLASSES, CODE_POINTS, LETTER, OTHER, SPACE
from codecorpus.foundation.compiling import inlined

CONTRACTION = 4
"""The class of contractions, which end without looking at the next character."""

_LOW_SEVEN = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH = np.uint64(0x8080808080808080)
_LOWER_CASE = np.uint64(0x2020202020202020)
_TO_A = np.uint64(0x1F1F1F1F1F1F1F1F)  # 0x80 - 'a': carries into the high bit from 'a' on
_PAST_Z = np.uint64(0x0505050505050505)  # 0x80 - ('z' + 1)
_EIGHT = np.int64(8)


def padded_classes() -> NDArray[np.uint8]:
    """uint8[0x200000]: the class of every value that four bytes can decode to."""
    classes = np.full(0x200000, OTHER, np.uint8)
    classes[:CODE_POINTS] = CLASSES
    classes.setflags(write=False)
    return classes


def byte_classes() -> NDArray[np.uint8]:
    """uint8[256]: the class of each ASCII byte; 255 for the other bytes."""
    classes = np.full(256, 255, np.uint8)
    classes[:128] = CLASSES[:128]
    classes.setflags(write=False)
    return classes


@inlined
def class_at(
    text: NDArray[np.uint8], at: np.int64, classes: NDArray[np.uint8]
) -> tuple[np.int64, np.int64]:
    """The class and the length in bytes of the character at `at`."""
    lead = np.int64(text[at])
    if lead < 0x80:
        return np.int64(classes[lead]), np.int64(1)
    point = np.int64(text[at + 1]) & 0x3F
    if lead < 0xE0:
        return np.int64(classes[(lead & 0x1F) << 6 | point]), np.int64(2)
    point = point << 6 | (np.int64(text[at + 2]) & 0x3F)
    if lead < 0xF0:
        return np.int64(classes[(lead & 0xF) << 12 | point]), np.int64(3)
    point = point << 6 | (np.int64(text[at + 3]) & 0x3F)
    return np.int64(classes[(lead & 7) << 18 | point]), np.int64(4)


@inlined
def contraction_length(text: NDArray[np.uint8], at: np.int64, end: np.int64) -> np.int64:
    """The length of the contraction that starts with the apostrophe at `at`, or 0."""
    if at + 1 >= end:
        return np.int64(0)
    first = text[at + 1]
    if first == ord("s") or first == ord("t") or first == ord("m") or first == ord("d"):
        return np.int64(2)
    if at + 2 >= end:
        return np.int64(0)
    second = text[at + 2]
    if (first == ord("r") or first == ord("v")) and second == ord("e"):
        return np.int64(3)
    if first == ord("l") and second == ord("l"):
        return np.int64(3)
    return np.int64(0)


@inlined
def ascii_letters_end(text: NDArray[np.uint8], at: np.int64, end: np.int64) -> np.int64:
    """The end of the ASCII letters that start at `at`, found eight bytes at a time."""
    while at < end:
        lower = load64(text, at) | _LOWER_CASE
        low = lower & _LOW_SEVEN
        letters = (low + _TO_A) & ~(low + _PAST_Z) & ~lower & _HIGH
        others = letters ^ _HIGH
        if others != 0:
            at += np.int64(trailing_zeros(others) >> np.uint64(3))
            break
        at += _EIGHT
    return min(at, end)


@inlined
def white_space_end(
    text: NDArray[np.uint8],
    at: np.int64,
    first_end: np.int64,
    end: np.int64,
    classes: NDArray[np.uint8],
) -> np.int64:
    """The end of the white space that the pattern takes at `at`.

    That is all of it at the end of the text or before two spaces, else all but the last character,
    which belongs to the next word; but at least the first character, which ends at `first_end`.
    """
    last = at
    stop = first_end
    while stop < end:
        if text[stop] == ord(" ") and stop + 1 < end and text[stop + 1] == ord(" "):
            return stop
        kind, size = class_at(text, stop, classes)
        if kind != SPACE:
            return stop if last == at else last
        last = stop
        stop += size
    return stop


@inlined
def word_end(
    text: NDArray[np.uint8],
    at: np.int64,
    end: np.int64,
    classes: NDArray[np.uint8],
    ascii_classes: NDArray[np.uint8],
) -> np.int64:
    """The end of the word that starts at `at`, where no run of two or more spaces starts."""
    stop = np.int64(at)
    size = np.int64(0)
    if text[at] == ord("'"):
        kind = np.int64(OTHER)
        size = np.int64(contraction_length(text, at, end))
        if size > 0:
            kind = np.int64(CONTRACTION)
        else:
            size = np.int64(1)
    else:
        if text[at] == ord(" "):
            stop += 1
        kind = np.int64(SPACE)
        if stop < end:
            kind, size = class_at(text, stop, classes)
        if kind == SPACE and stop > at:
            stop = np.int64(at)
            size = np.int64(1)
    stop += size
    if kind == SPACE:
        return white_space_end(text, at, stop, end, classes)
    if kind == CONTRACTION:
        return stop
    if kind == LETTER:
        stop = ascii_letters_end(text, stop, end)
    while True:
        while stop < end and ascii_classes[text[stop]] == kind:
            stop += 1
        if stop >= end or text[stop] < 0x80:
            return stop
        following, size = class_at(text, stop, classes)
        if following != kind:
            return stop
        stop += size
