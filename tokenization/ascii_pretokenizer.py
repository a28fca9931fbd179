"""Finding where words start in 64 bytes of ASCII at once, by GPT-2's pattern (see `pretokenizer`).

Each character class becomes a bit mask of 64 bytes, and the masks of a byte and its neighbours
decide whether a word starts there: it starts where the class changes, except that a single space
belongs to the word after it, and at the last white space before anything else. Contractions are the
only words that end inside a class. Runs of two or more spaces are a class of their own, so they lie
between two starts like a word does.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import inlined
from codecorpus.foundation.simd64 import BLOCK, between, equal

BLOCK_AHEAD = BLOCK + 2
"""Bytes loaded from the start of a block: contractions look two bytes ahead."""

_NONE, _ONE, _TWO = np.uint64(0), np.uint64(1), np.uint64(2)
_THREE, _FOUR = np.uint64(3), np.uint64(4)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_TOP, _TOP_TWO, _TOP_THREE = np.uint64(63), np.uint64(62), np.uint64(61)


class BlockState(NamedTuple):
    """What a block must know about the block before it.

    Attributes:
        letter, number, white, run, other: 1 if the last byte was of that class.
        space: 1 if the last byte was a space.
        single: 1 if that space was not part of a run.
        suppressed: bits where no word starts although the class changes.
        forced: bits where a word starts because a contraction ends.
    """

    letter: np.uint64
    number: np.uint64
    white: np.uint64
    run: np.uint64
    other: np.uint64
    space: np.uint64
    single: np.uint64
    suppressed: np.uint64
    forced: np.uint64


WORD_BOUNDARY = BlockState(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE)
"""The state before a block at whose first byte a word starts."""


@inlined
def low_bits(count: np.int64) -> np.uint64:
    """A mask of the lowest `count` bits; `count` may be negative or above 64."""
    if count >= BLOCK:
        return _ALL
    if count <= 0:
        return _NONE
    return np.uint64((_ONE << np.uint64(count)) - _ONE)


@inlined
def is_ascii(text: NDArray[np.uint8], at: np.int64, end: np.int64) -> bool:
    """Whether the bytes of the block at `at` and the next byte, up to `end`, are ASCII."""
    if between(text, at, 0, 0x80, 0x80) & low_bits(end - at) != 0:
        return False
    return bool(at + BLOCK >= end or text[at + BLOCK] < 0x80)


@inlined
def _white_space(text: NDArray[np.uint8], at: np.int64) -> np.uint64:
    """Mask of tabs, line feeds, vertical tabs, form feeds, carriage returns and spaces."""
    return np.uint64(between(text, at, 0, ord("\t"), 5) | equal(text, at, ord(" ")))


@inlined
def word_starts(
    text: NDArray[np.uint8], at: np.int64, end: np.int64, previous: BlockState
) -> tuple[np.uint64, BlockState, np.uint64, np.uint64]:
    """Find where words and runs of spaces start in the block at `at`.

    Args:
        text: uint8; BLOCK_AHEAD bytes from `at` on are loaded.
        at: start of the block, for which `is_ascii` must be true.
        end: end of the text; no word starts there or later.
        previous: the state after the previous block.

    Returns:
        A mask of these starts; the state for the next block; a mask of the starts of runs, and one
        of the bytes right after runs. The last two are zero if no run that ends in this block can
        have more than eight spaces.
    """
    here, ahead = low_bits(end - at), low_bits(end - at - 1)
    space = equal(text, at, ord(" ")) & here
    all_white = _white_space(text, at) & here
    letter = between(text, at, 0x20, ord("a"), 26) & here
    number = between(text, at, 0, ord("0"), 10) & here
    other = here & ~(letter | number | all_white)
    next_space = equal(text, at + 1, ord(" ")) & ahead
    run = space & (space << _ONE | previous.space | next_space)
    white = all_white & ~run
    single = space & ~run
    same = letter & (letter << _ONE | previous.letter)
    same |= number & (number << _ONE | previous.number)
    same |= other & (other << _ONE | previous.other)
    same |= white & (white << _ONE | previous.white)
    same |= run & (run << _ONE | previous.run)
    joined = (single << _ONE | previous.single) & ~all_white
    last_white = white & ahead & ~_white_space(text, at + 1)
    starts = (here & ~same & ~joined) | last_white
    suppressed, forced = previous.suppressed, previous.forced
    next_suppressed, next_forced = _NONE, _NONE
    quotes = starts & equal(text, at, ord("'"))
    if quotes != 0:
        short, long = _contractions(text, at, end, quotes)
        suppressed |= (short | long) << _ONE
        forced |= short << _TWO | long << _THREE
        next_suppressed = (short | long) >> _TOP
        next_forced = short >> _TOP_TWO | long >> _TOP_THREE
    starts = ((starts & ~suppressed) | forced) & here
    after = BlockState(
        letter >> _TOP,
        number >> _TOP,
        white >> _TOP,
        run >> _TOP,
        other >> _TOP,
        space >> _TOP,
        single >> _TOP,
        next_suppressed,
        next_forced,
    )
    last_was_run = run << _ONE | previous.run
    run_starts, run_ends = run & ~last_was_run, last_was_run & ~run
    pairs = run & run << _ONE
    fours = pairs & pairs << _TWO
    if (fours & fours << _FOUR) | previous.run == 0:
        run_starts, run_ends = _NONE, _NONE
    return starts, after, run_starts, run_ends


@inlined
def _contractions(
    text: NDArray[np.uint8], at: np.int64, end: np.int64, quotes: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Masks of the apostrophes that start contractions of two bytes, and of three."""
    second, third = low_bits(end - at - 1), low_bits(end - at - 2)
    short = equal(text, at + 1, ord("s")) | equal(text, at + 1, ord("t"))
    short |= equal(text, at + 1, ord("m")) | equal(text, at + 1, ord("d"))
    ends_in_e = equal(text, at + 1, ord("r")) | equal(text, at + 1, ord("v"))
    long = ends_in_e & equal(text, at + 2, ord("e"))
    long |= equal(text, at + 1, ord("l")) & equal(text, at + 2, ord("l"))
    return quotes & short & second, quotes & long & third
