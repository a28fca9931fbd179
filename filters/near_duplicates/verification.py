"""Decide whether candidate pairs are similar: by their sketches, or exactly near the threshold.

A sketch keeps `BITS_PER_POSITION` = 2 bits of each position, so different values agree by chance
with probability C = 1/4. With m of k positions equal, the unbiased estimate of the Jaccard
similarity is (m / k - C) / (1 - C) (Li and König, b-bit minwise hashing, WWW 2010, equation 5, for
sets that are small compared to the universe). The decision is a comparison of integers.

F1 on 10,000 source files and 3,000 edited copies against the exact Jaccard similarity of all pairs,
with the bands of `choose_bands` and 256 permutations. "Exact within": pairs within so many standard
errors of the threshold (`doubtful_range`) are decided by `exact_jaccard`, which reads the text of
these files again:

    threshold  exact within over pairs  over removed files  doubtful pairs  files in them
    0.85       -            0.976       0.975               -               -
               +-1 error    0.996       0.996               8 %             6 %
               +-2 errors   0.9997      0.9993              15 %            11 %
    0.7        -            0.980       0.987               -               -
               +-1 error    0.997       0.997               4 %             5 %
               +-2 errors   0.9995      0.9995              7 %             8 %

The accuracy of sketches alone depends on how many pairs are near the threshold: with three edited
copies for every two files they reach 0.96 to 0.98, and with exact decisions still 0.999 and more.
"""

from fractions import Fraction
from math import ceil, floor, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.bands import as_fraction
from codecorpus.filters.near_duplicates.shingles import shingle
from codecorpus.filters.near_duplicates.signatures import BITS_PER_POSITION, POSITIONS_PER_BYTE
from codecorpus.foundation.bitops import load64, population_count
from codecorpus.foundation.columns import ByteColumn, read_only
from codecorpus.foundation.compiling import kernel
from codecorpus.foundation.errors import UsageError

_CHANCE = Fraction(1, 1 << BITS_PER_POSITION)
_PAIRS = np.uint64(0x5555555555555555)


def similarity(
    sketches: NDArray[np.uint8], left: NDArray[Any], right: NDArray[Any]
) -> NDArray[np.float64]:
    """The estimated Jaccard similarity of each pair, float64, 0 to 1; 1.0 for identical sketches.

    Args:
        sketches: uint8[m, permutations], of `make_sketches`; may be a memory map.
        left: rows of `sketches`, any integer type.
        right: the other row of each pair.
    """
    return estimate_similarity(count_matches(sketches, left, right), sketches.shape[1])


def count_matches(
    sketches: NDArray[np.uint8], left: NDArray[Any], right: NDArray[Any]
) -> NDArray[np.int32]:
    """The number of equal positions of each pair's sketches, int32, 0 to 4 * permutations.

    Args:
        sketches: uint8[m, permutations], of `make_sketches`; may be a memory map.
        left: rows of `sketches`, any integer type.
        right: the other row of each pair.
    """
    found = np.empty(len(left), np.int32)
    _matches(read_only(sketches), left.astype(np.int64), right.astype(np.int64), found)
    return found


def estimate_similarity(matched: NDArray[Any], permutations: int) -> NDArray[np.float64]:
    """The similarity estimated from numbers of equal positions, float64, at least 0.

    Args:
        matched: of `count_matches`.
        permutations: bytes of a sketch.
    """
    chance = float(_CHANCE)
    share = matched.astype(np.float64) / (POSITIONS_PER_BYTE * permutations)
    return np.maximum((share - chance) / (1.0 - chance), 0.0)


def matches_needed(threshold: float, permutations: int) -> int:
    """The least number of equal positions whose estimate reaches `threshold`, computed exactly.

    Args:
        threshold: 0 to 1.
        permutations: bytes of a sketch.
    """
    if not 0 <= threshold <= 1:
        raise UsageError(f"threshold is {threshold}; expected 0 to 1, such as 0.85")
    share = as_fraction(threshold) * (1 - _CHANCE) + _CHANCE
    return ceil(POSITIONS_PER_BYTE * permutations * share)


def doubtful_range(threshold: float, permutations: int, *, errors: float = 2.0) -> tuple[int, int]:
    """The least and the largest number of equal positions too near the threshold to be reliable.

    Args:
        threshold: 0 to 1.
        permutations: bytes of a sketch.
        errors: half the width in standard errors of an estimate from independent positions. With 2,
            fewer than 1 pair in 1,000 is decided wrongly once the pairs in the range are decided
            exactly. With 0 the range is empty: its first number is larger than its last.
    """
    middle = matches_needed(threshold, permutations)
    if errors == 0:
        return middle, middle - 1
    positions = POSITIONS_PER_BYTE * permutations
    share = middle / positions
    margin = floor(errors * sqrt(positions * share * (1.0 - share)))
    return max(middle - margin, 0), min(middle + margin, positions)


def exact_jaccard(
    column: ByteColumn, left: NDArray[Any], right: NDArray[Any], ngram: int
) -> NDArray[np.float64]:
    """The Jaccard similarity of each pair's sets of shingles, float64; 1.0 for two empty sets.

    Exact but for collisions of 64-bit hashes. Takes 8 bytes for each shingle of each file in the
    pairs, so callers split long lists of pairs by their files.

    Args:
        column: the files' bytes.
        left: rows of `column`, any integer type.
        right: the other row of each pair.
        ngram: tokens in a shingle, at least 1.
    """
    named, places = np.unique(np.concatenate([left, right]).astype(np.int64), return_inverse=True)
    sets = shingle(column.select(named), ngram).distinct()
    return jaccard(sets.hashes, sets.offsets, places[: len(left)], places[len(left) :])


def jaccard(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    left: NDArray[Any],
    right: NDArray[Any],
) -> NDArray[np.float64]:
    """The Jaccard similarity of each pair of sets, float64; 1.0 for two empty sets.

    A quotient of integers, rounded once, so it reaches a threshold given as a decimal fraction if
    and only if the exact quotient does.

    Args:
        hashes: uint64, the sets, concatenated, each ascending and without repeats.
        offsets: int64[n + 1], where each set begins and ends.
        left: numbers of sets, any integer type.
        right: the other set of each pair.
    """
    found = np.empty(len(left), np.float64)
    columns = (left.astype(np.int64), right.astype(np.int64))
    _jaccard(read_only(hashes), read_only(offsets), *columns, found)
    return found


@kernel
def _matches(
    sketches: NDArray[np.uint8],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    out: NDArray[np.int32],
) -> None:
    """Count equal pairs of bits, eight bytes at a time."""
    size = sketches.shape[1]
    whole = size & ~7
    for pair in range(len(left)):
        first, second = left[pair] * size, right[pair] * size
        unequal = np.uint64(0)
        for offset in range(0, whole, 8):
            word = load64(sketches, first + offset) ^ load64(sketches, second + offset)
            unequal += population_count((word | (word >> np.uint64(1))) & _PAIRS)
        for offset in range(whole, size):
            word = np.uint64(sketches[left[pair], offset] ^ sketches[right[pair], offset])
            unequal += population_count((word | (word >> np.uint64(1))) & _PAIRS)
        out[pair] = 4 * size - np.int64(unequal)


@kernel
def _jaccard(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Intersect two ascending sets by merging them."""
    for pair in range(len(left)):
        first, first_end = offsets[left[pair]], offsets[left[pair] + 1]
        second, second_end = offsets[right[pair]], offsets[right[pair] + 1]
        total = first_end - first + second_end - second
        shared = 0
        while first < first_end and second < second_end:
            one, other = hashes[first], hashes[second]
            shared += int(one == other)
            first += int(one <= other)
            second += int(other <= one)
        out[pair] = shared / (total - shared) if total > 0 else 1.0
