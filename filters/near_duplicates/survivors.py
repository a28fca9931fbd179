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

from codecorpus.filters.near_duplicates.shingles import read_only
from codecorpus.foundation.compiling import kernel

STAYS = -1
"""What `Survivors.of` holds of a file that stays."""


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
