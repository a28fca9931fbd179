"""How many records of the whole each record of a sample stands for.

A record stands for 1 / (its chance to be drawn). Where more is known, that is corrected: of loose
files each cell of like names and sizes stands for as many as it has (post-stratification: Holt and
Smith, JRSS A 142, 1979), small cells joined; the drawn parts of archives for as many as there are.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.pipelines.preflight.inputs import Listing, source_of
from codecorpus.pipelines.preflight.sample import Records

_ENOUGH: Final = 8
"""Drawn files of a cell; with fewer it is joined with its neighbour."""


@dataclass(frozen=True)
class View:
    """A smaller sample within the sample.

    Attributes:
        by: bool[2, n], which records the name and the size draw.
        part: bool, which of the drawn parts of archives are in.
        scale: the share of each limit, and of the parts, that is left.
    """

    by: NDArray[np.bool_]
    part: NDArray[np.bool_]
    scale: float


class Weights:
    """Weighs the records of a sample, or of a smaller one within it.

    Args:
        records: the sample.
        listing: what it was drawn from.
    """

    def __init__(self, records: Records, listing: Listing) -> None:
        self.share = listing.share
        self._records = records
        self._parts = np.array([part.number for part in listing.holders]) / listing.share
        self._groups, self._known = _join(listing.cells, records.cell)
        self._sources = np.array([part.source for part in listing.holders], np.int64)
        self._holding = listing.holding

    def view(self, *, below: float = 1.0, without: tuple[float, float] = (0.0, 0.0)) -> View:
        """The sample of a lower rate, or without what lies in one stretch of the numbers.

        Args:
            below: the share of each limit that is left.
            without: the stretch, as shares of the limits.
        """
        begin, end = without
        numbers, parts = self._records.numbers, self._parts
        return View(
            by=(numbers < below) & ~((begin <= numbers) & (numbers < end)),
            part=(self.share == 1) | ((parts < below) & ~((begin <= parts) & (parts < end))),
            scale=below - (end - begin),
        )

    def share_in(self, view: View) -> float:
        """The chance that a part of archives is in."""
        return 1.0 if self.share == 1 else self.share * view.scale

    def inside(self, view: View) -> NDArray[np.bool_]:
        """bool[n], which records' parts are in; loose files are in none."""
        return np.append(view.part, True)[self._records.part]

    def limits(self, view: View) -> NDArray[np.float64]:
        """float64[n], the chance of each record to be drawn by its name, or by its size."""
        limit: NDArray[np.float64] = (1 - (1 - self._records.rate) ** 0.5) * view.scale
        return limit

    def holder(self, view: View) -> NDArray[np.float64]:
        """float64[n], the chance that a record's part is in."""
        return np.where(self._records.part < 0, 1.0, self.share_in(view))

    def of(self, view: View) -> NDArray[np.float64]:
        """float64[n], how many records each stands for; 0 outside the view."""
        drawn = view.by.any(axis=0) & self.inside(view)
        weights = drawn / ((1 - (1 - self.limits(view)) ** 2) * self.holder(view))
        loose = self._groups >= 0
        if loose.any():
            sums = np.bincount(self._groups[loose], weights[loose], len(self._known))
            factor = np.divide(self._known, sums, out=np.zeros_like(sums), where=sums > 0)
            weights[loose] *= factor[self._groups[loose]]
        if self.share < 1:
            weights[~loose] *= self._by_parts(view)[self._records.source[~loose]]
        return weights

    def _by_parts(self, view: View) -> NDArray[np.float64]:
        """Of each source, its parts over those that the drawn ones stand for."""
        most = max(self._holding) + 1
        drawn = np.bincount(self._sources[view.part], minlength=most) / self.share_in(view)
        known = np.array([self._holding[source] for source in range(most)], np.float64)
        return np.divide(known, drawn, out=np.ones(most), where=drawn > 0)


def _join(
    known: Counter[int], drawn: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The group of cells of each record, -1 of those in none, and how many files each group has."""
    counts = Counter(drawn[drawn >= 0].tolist())
    groups: list[list[int]] = []
    for cell in sorted(known):
        if groups and (_few(groups[-1], counts) and source_of(groups[-1][0]) == source_of(cell)):
            groups[-1].append(cell)
        else:
            groups.append([cell])
    for at in range(len(groups) - 1, 0, -1):
        if _few(groups[at], counts) and source_of(groups[at][0]) == source_of(groups[at - 1][0]):
            groups[at - 1] += groups.pop(at)
    number = {cell: at for at, cells in enumerate(groups) for cell in cells}
    sizes = np.array([float(sum(known[cell] for cell in cells)) for cells in groups])
    return np.array([number.get(cell, -1) for cell in drawn.tolist()], np.int64), sizes


def _few(cells: list[int], counts: Mapping[int, int]) -> bool:
    return sum(counts.get(cell, 0) for cell in cells) < _ENOUGH
