"""Where words begin in 64 bytes of ASCII at once, by GPT-2's pattern (see `scanner`).

A class for each byte becomes a bit in one word for each class, and whether a word begins at a byte
follows from the classes of its neighbours: it begins where the class changes, save that a single
space belongs to what follows it, and at the last white space before anything else. Contractions are
the only words that end inside a class. Runs of two or more spaces count as a class of their own, so
they lie between two beginnings like a word does.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import inlined
from codecorpus.foundation.simd64 import BLOCK, between, equal

BLOCK_AHEAD = BLOCK + 2
"""Bytes from the beginning of a block that are loaded: contractions look two bytes ahead."""

_NONE, _ONE, _TWO = np.uint64(0), np.uint64(1), np.uint64(2)
_THREE, _FOUR = np.uint64(3), np.uint64(4)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_TOP, _TOP_TWO, _TOP_THREE = np.uint64(63), np.uint64(62), np.uint64(61)


class Before(NamedTuple):
    """What a block must know of the one before it; all zero where a word begins for certain.

    Attributes:
        letter, number, white, run, other: 1 if the last byte was of that class.
        space: 1 if it was a space; `single`: 1 if that was no part of a run.
        cleared: bits where no word begins although the class changes there.
        begun: bits where a word begins, right after a contraction.
    """

    letter: np.uint64
    number: np.uint64
    white: np.uint64
    run: np.uint64
    other: np.uint64
    space: np.uint64
    single: np.uint64
    cleared: np.uint64
    begun: np.uint64


NOTHING = Before(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE)


@inlined
def low_bits(count: np.int64) -> np.uint64:
    """A word whose first `count` bits are set; `count` may be negative or beyond 64."""
    if count >= BLOCK:
        return _ALL
    if count <= 0:
        return _NONE
    return np.uint64((_ONE << np.uint64(count)) - _ONE)


@inlined
def is_ascii(text: NDArray[np.uint8], at: np.int64, end: np.int64) -> bool:
    """Whether the block at `at` and the byte behind it are ASCII, as far as the text goes."""
    if between(text, at, 0, 0x80, 0x80) & low_bits(end - at) != 0:
        return False
    return bool(at + BLOCK >= end or text[at + BLOCK] < 0x80)


@inlined
def _white_space(text: NDArray[np.uint8], at: np.int64) -> np.uint64:
    """Bytes that are tab, line feed, vertical tab, form feed, carriage return or space."""
    return np.uint64(between(text, at, 0, ord("\t"), 5) | equal(text, at, ord(" ")))


@inlined
def word_starts(
    text: NDArray[np.uint8], at: np.int64, end: np.int64, before: Before
) -> tuple[np.uint64, Before, np.uint64, np.uint64]:
    """The bits of the bytes in the block at `at` where words, or runs of spaces, begin.

    Returns:
        These bits; what the next block must know; and the bits where runs begin and where they have
        ended, both zero if none that ends here can have more than eight spaces.

    Args:
        text: uint8; BLOCK_AHEAD bytes from `at` on are loaded.
        at: where the block begins, `is_ascii`.
        end: of the text; nothing begins there or later.
        before: of the block before.
    """
    here, ahead = low_bits(end - at), low_bits(end - at - 1)
    space = equal(text, at, ord(" ")) & here
    all_white = _white_space(text, at) & here
    letter = between(text, at, 0x20, ord("a"), 26) & here
    number = between(text, at, 0, ord("0"), 10) & here
    other = here & ~(letter | number | all_white)
    next_space = equal(text, at + 1, ord(" ")) & ahead
    run = space & (space << _ONE | before.space | next_space)
    white = all_white & ~run
    single = space & ~run
    same = letter & (letter << _ONE | before.letter)
    same |= number & (number << _ONE | before.number)
    same |= other & (other << _ONE | before.other)
    same |= white & (white << _ONE | before.white)
    same |= run & (run << _ONE | before.run)
    joined = (single << _ONE | before.single) & ~all_white
    last_white = white & ahead & ~_white_space(text, at + 1)
    starts = (here & ~same & ~joined) | last_white
    cleared, begun = before.cleared, before.begun
    next_cleared, next_begun = _NONE, _NONE
    quotes = starts & equal(text, at, ord("'"))
    if quotes != 0:
        short, long = _contractions(text, at, end, quotes)
        cleared |= (short | long) << _ONE
        begun |= short << _TWO | long << _THREE
        next_cleared = (short | long) >> _TOP
        next_begun = short >> _TOP_TWO | long >> _TOP_THREE
    starts = ((starts & ~cleared) | begun) & here
    after = Before(
        letter >> _TOP,
        number >> _TOP,
        white >> _TOP,
        run >> _TOP,
        other >> _TOP,
        space >> _TOP,
        single >> _TOP,
        next_cleared,
        next_begun,
    )
    last_was_run = run << _ONE | before.run
    run_starts, run_ends = run & ~last_was_run, last_was_run & ~run
    pairs = run & run << _ONE
    fours = pairs & pairs << _TWO
    if (fours & fours << _FOUR) | before.run == 0:
        run_starts, run_ends = _NONE, _NONE
    return starts, after, run_starts, run_ends


@inlined
def _contractions(
    text: NDArray[np.uint8], at: np.int64, end: np.int64, quotes: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Which of the apostrophes begin contractions of two bytes, and which of three."""
    second, third = low_bits(end - at - 1), low_bits(end - at - 2)
    short = equal(text, at + 1, ord("s")) | equal(text, at + 1, ord("t"))
    short |= equal(text, at + 1, ord("m")) | equal(text, at + 1, ord("d"))
    ends_in_e = equal(text, at + 1, ord("r")) | equal(text, at + 1, ord("v"))
    long = ends_in_e & equal(text, at + 2, ord("e"))
    long |= equal(text, at + 1, ord("l")) & equal(text, at + 2, ord("l"))
    return quotes & short & second, quotes & long & third
