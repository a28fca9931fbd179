"""The endless order of samples, a function of the seed and the position alone.

Position g of the order is computed without any state, so it does not depend on the number of
processes, and a run resumes from the number of samples that it has seen. Without weights, each
epoch is a permutation of all samples. With weights, a table of 8,192 slots says which group (a
language or a source) each position draws from; each group has its own epochs.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.training.data.permutation import permute

SLOTS: Final = 8_192
"""Slots of the table of groups; a group has its share of them, at least one."""


class SampleOrder:
    """The order of the samples of one or more groups."""

    def __init__(
        self, groups: Sequence[NDArray[np.int64]], seed: int, weights: Sequence[float] | None = None
    ) -> None:
        """Compute the table of groups.

        Args:
            groups: the samples of each group; none of them is empty.
            seed: of the permutations.
            weights: of the groups; None for a single group.
        """
        assert weights is not None or len(groups) == 1
        self._groups = groups
        self._seed = seed
        slots = np.ones(1, np.int64) if weights is None else slots_of(weights)
        self._slots = slots
        # The j-th slot of a group stands at time (j + 1/2) / slots; sorting the times interleaves
        # the groups evenly.
        groups_of = np.repeat(np.arange(len(slots)), slots)
        number = np.concatenate([np.arange(count) for count in slots])
        order = np.lexsort((groups_of, (number + 0.5) / slots[groups_of]))
        self._group_at = groups_of[order]
        self._number_at = number[order]

    def samples(self, first: int, count: int) -> NDArray[np.int64]:
        """int64[count], the samples at positions `first` and following."""
        positions = np.arange(first, first + count, dtype=np.int64)
        rounds, slot = np.divmod(positions, len(self._group_at))
        group = self._group_at[slot]
        index = rounds * self._slots[group] + self._number_at[slot]
        out = np.empty(count, np.int64)
        for number in np.unique(group).tolist():
            mine = np.flatnonzero(group == number)
            samples = self._groups[number]
            epochs, inside = np.divmod(index[mine], len(samples))
            # A group's indices count up, so each epoch is a range.
            bounds = [0, *(np.flatnonzero(np.diff(epochs)) + 1).tolist(), len(epochs)]
            for begin, end in pairwise(bounds):
                epoch = int(epochs[begin])
                places = permute(inside[begin:end], len(samples), self._seed, number, epoch)
                out[mine[begin:end]] = samples[places]
        return out


def slots_of(weights: Sequence[float]) -> NDArray[np.int64]:
    """int64[groups], how many of the SLOTS each group has: its share, by largest remainders."""
    shares = np.array(weights, np.float64) / sum(weights) * SLOTS
    slots = np.maximum(1, np.floor(shares)).astype(np.int64)
    by_remainder = np.argsort(slots - shares, kind="stable")
    slots[by_remainder[: max(0, SLOTS - int(slots.sum()))]] += 1
    return slots


def group_weights(
    names: Sequence[str], counts: Sequence[int], weights: Mapping[str, float]
) -> list[float]:
    """The weight of each group; 0 for those that are not drawn.

    Args:
        names: of all groups.
        counts: samples of each.
        weights: by name.
    """
    return [
        weights.get(name, 0.0) if count else 0.0 for name, count in zip(names, counts, strict=True)
    ]
