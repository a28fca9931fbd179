"""Who stays: files are taken best first, and one goes only if it is similar to a file that stays.

That is the greedy independent set on the graph of verified pairs, not its connected components: a
chain of half-similar files does not vanish behind one. Files are numbered by rank (0 is the best),
so the answer is a function of the graph alone, whatever the order in which edges come.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.near_duplicates.shingles import mix, read_only
from foundation.compiling import kernel
from foundation.words import load64

STAYS = -1
"""What `Survivors.of` holds of a file that stays."""

UNDECIDED, STAYING, GOING = 0, 1, 2
"""The states of a file between rounds."""

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Survivors:
    """Who stays among `n` files.

    Attributes:
        of: int64[n], -1 for a file that stays, else the best similar file that stays.
        match: of the type that was given, [n]: what was given with the edge to that file; 0 for a
            file that stays. Where an edge was given twice, one of its values.
    """

    of: NDArray[np.int64]
    match: NDArray[Any]

    def __len__(self) -> int:
        return len(self.of)


def choose_survivors(
    n: int, better: NDArray[Any], worse: NDArray[Any], match: NDArray[Any]
) -> Survivors:
    """Decide all files at once, best first.

    Args:
        n: how many files, numbered by rank.
        better: the verified pairs' better files, any integer type, in any order.
        worse: their worse files, each greater than its `better`.
        match: a number of each pair, such as its equal positions.
    """
    of = np.full(n, STAYS, np.int64)
    edge = np.empty(n, np.int64)
    _choose(better.astype(np.int64), worse.astype(np.int64), of, edge)
    chosen = np.zeros(n, match.dtype)
    gone = of != STAYS
    chosen[gone] = match[edge[gone]]
    return Survivors(of, chosen)


def advance(
    state: NDArray[np.uint8], begin: int, end: int, better: NDArray[Any], worse: NDArray[Any]
) -> NDArray[np.uint8]:
    """One round of the same decision for the files `begin` to `end`, where edges lie in parts.

    A file goes as soon as one better neighbour stays, and stays once all of them go. Rounds over
    any cut into ranges, each starting from all states of the round before, end in the answer of
    `choose_survivors`, after at most as many rounds as the longest chain of ever worse neighbours.

    Args:
        state: uint8[n], all files' states before the round; `UNDECIDED` at first.
        begin: the first file that this call decides about.
        end: one past the last.
        better: the better files of all pairs whose worse file lies in the range.
        worse: their worse files.

    Returns:
        uint8[end - begin], the states of these files after the round.
    """
    after = state[begin:end].copy()
    _advance(state, begin, better.astype(np.int64), worse.astype(np.int64), after)
    return after


def fold(sketches: NDArray[np.uint8], left_alone: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The best file with the same sketch, itself if there is none better: int64[n].

    Rows are compared whole, so that a collision of hashes folds nothing.

    Args:
        sketches: uint8[n, permutations], of files numbered by rank; may be a memory map.
        left_alone: bool[n], files that are not compared; each stands for itself.
    """
    representatives = np.empty(len(sketches), np.int64)
    _fold(read_only(sketches), read_only(left_alone), representatives)
    return representatives


@kernel
def _choose(
    better: NDArray[np.int64],
    worse: NDArray[np.int64],
    of: NDArray[np.int64],
    edge: NDArray[np.int64],
) -> None:
    """One pass over the edges, brought together by their worse file."""
    offsets = np.zeros(len(of) + 2, np.int64)
    for index in range(len(worse)):
        offsets[worse[index] + 2] += 1
    for file in range(1, len(of) + 2):
        offsets[file] += offsets[file - 1]
    order = np.empty(len(worse), np.int64)
    for index in range(len(worse)):
        order[offsets[worse[index] + 1]] = index
        offsets[worse[index] + 1] += 1
    for file in range(len(of)):
        for place in range(offsets[file], offsets[file + 1]):
            neighbour = better[order[place]]
            if of[neighbour] == STAYS and (of[file] == STAYS or neighbour < of[file]):
                of[file] = neighbour
                edge[file] = order[place]


@kernel
def _advance(
    state: NDArray[np.uint8],
    begin: int,
    better: NDArray[np.int64],
    worse: NDArray[np.int64],
    after: NDArray[np.uint8],
) -> None:
    waits = np.zeros(len(after), np.bool_)
    for index in range(len(worse)):
        place = worse[index] - begin
        if after[place] != STAYING and state[better[index]] == STAYING:
            after[place] = GOING
        waits[place] |= state[better[index]] == UNDECIDED
    for place in range(len(after)):
        if after[place] == UNDECIDED and not waits[place]:
            after[place] = STAYING


@kernel
def _fold(
    sketches: NDArray[np.uint8],
    left_alone: NDArray[np.bool_],
    representatives: NDArray[np.int64],
) -> None:
    """Enter rows by hash into a table of row numbers, best first; an equal row is found there."""
    count = len(sketches)
    bits = 1
    while (1 << bits) < 2 * count:
        bits += 1
    wrap = (1 << bits) - 1
    table = np.full(1 << bits, -1, np.int64)
    hashes = np.empty(count, np.uint64)
    for row in range(count):
        representatives[row] = row
        if left_alone[row]:
            continue
        hashes[row] = _hash_row(sketches, row)
        place = np.int64(hashes[row] >> np.uint64(64 - bits))
        while table[place] >= 0:
            other = table[place]
            if hashes[other] == hashes[row] and _equal_rows(sketches, other, row):
                representatives[row] = other
                break
            place = (place + 1) & wrap
        if representatives[row] == row:
            table[place] = row


@kernel
def _hash_row(sketches: NDArray[np.uint8], row: int) -> np.uint64:
    size = sketches.shape[1]
    value = np.uint64(0)
    for offset in range(0, size & ~7, 8):
        word = load64(sketches, row * size + offset)
        value = (value ^ word ^ (value >> np.uint64(32))) * _ODD
    for offset in range(size & ~7, size):
        value = (value ^ np.uint64(sketches[row, offset]) ^ (value >> np.uint64(32))) * _ODD
    return mix(value)


@kernel
def _equal_rows(sketches: NDArray[np.uint8], row: int, other: int) -> bool:
    for offset in range(sketches.shape[1]):
        if sketches[row, offset] != sketches[other, offset]:
            return False
    return True
