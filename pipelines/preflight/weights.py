"""How many records of the whole each record of a sample stands for.

A record represents 1 / (its chance to be drawn). Where more is known, the weight is corrected: the
loose files of a stratum with similar names and sizes represent as many as the stratum has
(post-stratification: Holt and Smith, JRSS A 142, 1979), with small strata joined; the drawn parts
of archives represent as many as there are.
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
"""Drawn files of a stratum; with fewer it is joined with its neighbour."""


@dataclass(frozen=True)
class Subsample:
    """A smaller sample within the sample.

    Attributes:
        by: bool[2, n], which records the name and the size draw.
        part: bool, which of the drawn parts of archives are in.
        scale: the share of each limit, and of the parts, that is left.
    """

    drawn_by: NDArray[np.bool_]
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
        self._parts = np.array([part.number for part in listing.containers]) / listing.share
        self._groups, self._known = _join(listing.strata, records.stratum)
        self._sources = np.array([part.source for part in listing.containers], np.int64)
        self._container_counts = listing.container_counts

    def subsample(
        self, *, below: float = 1.0, without: tuple[float, float] = (0.0, 0.0)
    ) -> Subsample:
        """The sample of a lower rate, or without what lies in one stretch of the numbers.

        Args:
            below: the share of each limit that is left.
            without: the stretch, as shares of the limits.
        """
        begin, end = without
        numbers, parts = self._records.numbers, self._parts
        return Subsample(
            drawn_by=(numbers < below) & ~((begin <= numbers) & (numbers < end)),
            part=(self.share == 1) | ((parts < below) & ~((begin <= parts) & (parts < end))),
            scale=below - (end - begin),
        )

    def share_in(self, subsample: Subsample) -> float:
        """The chance that a part of archives is in."""
        return 1.0 if self.share == 1 else self.share * subsample.scale

    def inside(self, subsample: Subsample) -> NDArray[np.bool_]:
        """bool[n], which records' parts are in; loose files are in none."""
        return np.append(subsample.part, True)[self._records.part]

    def limits(self, subsample: Subsample) -> NDArray[np.float64]:
        """float64[n], the chance of each record to be drawn by its name, or by its size."""
        limit: NDArray[np.float64] = (1 - (1 - self._records.rate) ** 0.5) * subsample.scale
        return limit

    def part_chance(self, subsample: Subsample) -> NDArray[np.float64]:
        """float64[n], the chance that a record's part is in."""
        return np.where(self._records.part < 0, 1.0, self.share_in(subsample))

    def weights(self, subsample: Subsample) -> NDArray[np.float64]:
        """float64[n], how many records each stands for; 0 outside the subsample."""
        drawn = subsample.drawn_by.any(axis=0) & self.inside(subsample)
        weights = drawn / ((1 - (1 - self.limits(subsample)) ** 2) * self.part_chance(subsample))
        loose = self._groups >= 0
        if loose.any():
            sums = np.bincount(self._groups[loose], weights[loose], len(self._known))
            factor = np.divide(self._known, sums, out=np.zeros_like(sums), where=sums > 0)
            weights[loose] *= factor[self._groups[loose]]
        if self.share < 1:
            weights[~loose] *= self._by_parts(subsample)[self._records.source[~loose]]
        return weights

    def _by_parts(self, subsample: Subsample) -> NDArray[np.float64]:
        """Of each source, its parts over those that the drawn ones stand for."""
        most = max(self._container_counts) + 1
        drawn = np.bincount(self._sources[subsample.part], minlength=most) / self.share_in(
            subsample
        )
        known = np.array([self._container_counts[source] for source in range(most)], np.float64)
        return np.divide(known, drawn, out=np.ones(most), where=drawn > 0)


def _join(
    known: Counter[int], drawn: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The group of strata of each record, -1 without one, and the number of files of each group."""
    counts = Counter(drawn[drawn >= 0].tolist())
    groups: list[list[int]] = []
    for stratum in sorted(known):
        if groups and (_few(groups[-1], counts) and source_of(groups[-1][0]) == source_of(stratum)):
            groups[-1].append(stratum)
        else:
            groups.append([stratum])
    for at in range(len(groups) - 1, 0, -1):
        if _few(groups[at], counts) and source_of(groups[at][0]) == source_of(groups[at - 1][0]):
            groups[at - 1] += groups.pop(at)
    number = {stratum: at for at, strata in enumerate(groups) for stratum in strata}
    sizes = np.array([float(sum(known[stratum] for stratum in strata)) for strata in groups])
    return np.array([number.get(stratum, -1) for stratum in drawn.tolist()], np.int64), sizes


def _few(strata: list[int], counts: Mapping[int, int]) -> bool:
    return sum(counts.get(stratum, 0) for stratum in strata) < _ENOUGH
