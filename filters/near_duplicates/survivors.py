"""Choose the survivors: a file is removed only if it is similar to a file that is kept.

This is the greedy independent set on the graph of verified pairs, best file first, and not the
graph's connected components: a chain of pairwise similar files does not collapse into one file.
Files are numbered by rank (0 is the best), so the result is a function of the graph alone. If the
pairs come in the order of their better files, one pass decides: once a file appears as the better
one, every pair that could remove it has been seen.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from codecorpus.foundation.columns import read_only
from codecorpus.foundation.compiling import kernel

SURVIVOR = -1
"""The value of `Survivors.duplicate_of` for a file that is kept."""


class Survivors:
    """Decides which of `n` files are kept, in one pass over the verified pairs.

    Args:
        n: number of files, numbered by rank.
        score_type: type of the scores that come with the pairs.

    Attributes:
        duplicate_of: int64[n], SURVIVOR for a kept file, else the best kept file that is similar.
        score: score_type[n], the score of the pair of these two files; 0 for a kept file. If a pair
            was added twice, one of its scores.
    """

    def __init__(self, n: int, score_type: DTypeLike) -> None:
        self.duplicate_of = np.full(n, SURVIVOR, np.int64)
        self.score = np.zeros(n, score_type)

    def add_pairs(self, better: NDArray[Any], worse: NDArray[Any], score: NDArray[Any]) -> None:
        """Add pairs in ascending order of the better file, also from one call to the next.

        Args:
            better: the better file of each pair, any integer type.
            worse: the worse file of each pair, greater than `better`.
            score: a number for each pair, such as its count of equal positions.
        """
        columns = (better.astype(np.int64), worse.astype(np.int64), read_only(score))
        _add_pairs(*columns, self.duplicate_of, self.score)


def choose_survivors(
    n: int, better: NDArray[Any], worse: NDArray[Any], score: NDArray[Any]
) -> Survivors:
    """Decide all files at once.

    Args:
        n: number of files, numbered by rank.
        better: the better file of each verified pair, any integer type, in any order.
        worse: the worse file of each pair, greater than `better`.
        score: a number for each pair, such as its count of equal positions.
    """
    survivors = Survivors(n, score.dtype)
    order = np.argsort(better, kind="stable")
    survivors.add_pairs(better[order], worse[order], score[order])
    return survivors


@kernel
def _add_pairs(
    better: NDArray[np.int64],
    worse: NDArray[np.int64],
    score: NDArray[Any],
    duplicate_of: NDArray[np.int64],
    scores: NDArray[Any],
) -> None:
    """`better` is already decided: all pairs in which it is the worse file came before."""
    for index in range(len(better)):
        if duplicate_of[better[index]] == SURVIVOR and duplicate_of[worse[index]] == SURVIVOR:
            duplicate_of[worse[index]] = better[index]
            scores[worse[index]] = score[index]
