"""Who stays: files are taken best first, and one goes only if it is similar to a file that stays.

That is the greedy independent set on the graph of verified pairs, not its connected components: a
chain of half-similar files does not vanish behind one. Files are numbered by rank (0 is the best),
so the answer is a function of the graph alone. With the pairs in the order of their better files
one pass decides: when a file comes up as the better one, all pairs that could send it off are past.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from filters.near_duplicates.shingles import read_only
from foundation.compiling import kernel

STAYS = -1
"""What `Survivors.of` holds of a file that stays."""

UNDECIDED, STAYING, GOING = 0, 1, 2
"""The states of a file between rounds."""


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


class Choice:
    """Decides all files, best first, by one pass over the verified pairs in order.

    Args:
        n: how many files, numbered by rank.
        match: the type of what is given with each pair.
    """

    def __init__(self, n: int, match: DTypeLike) -> None:
        self._of = np.full(n, STAYS, np.int64)
        self._match = np.zeros(n, match)

    def take(self, better: NDArray[Any], worse: NDArray[Any], match: NDArray[Any]) -> None:
        """Take the next pairs: ascending by the better file, none below those of the call before.

        Args:
            better: the pairs' better files, any integer type.
            worse: their worse files, each greater than its `better`.
            match: a number of each pair, such as its equal positions.
        """
        columns = (better.astype(np.int64), worse.astype(np.int64), read_only(match))
        _take(*columns, self._of, self._match)

    def survivors(self) -> Survivors:
        """The answer, after all pairs."""
        return Survivors(self._of, self._match)


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
    choice = Choice(n, match.dtype)
    order = np.argsort(better, kind="stable")
    choice.take(better[order], worse[order], match[order])
    return choice.survivors()


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


@kernel
def _take(
    better: NDArray[np.int64],
    worse: NDArray[np.int64],
    match: NDArray[Any],
    of: NDArray[np.int64],
    chosen: NDArray[Any],
) -> None:
    """All pairs in which `better` is the worse file came before, so its fate is known."""
    for index in range(len(better)):
        if of[better[index]] == STAYS and of[worse[index]] == STAYS:
            of[worse[index]] = better[index]
            chosen[worse[index]] = match[index]


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
