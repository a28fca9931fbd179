"""Sampling weights: the number of records that each record of a sample represents.

The weight of a record is 1 / (its probability to be drawn), corrected by known totals: the loose
files of a stratum, which have similar names and sizes, represent the number of files in the stratum
(post-stratification: Holt and Smith, JRSS A 142, 1979; small strata are merged), and the drawn
parts of archives represent the number of all such parts.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.pipelines.preflight.inputs import Listing, source_of
from codecorpus.pipelines.preflight.sample import Records

_MIN_DRAWN: Final = 8
"""A stratum with fewer drawn files is merged with its neighbour."""


@dataclass(frozen=True)
class Subsample:
    """A subset of the sample that is itself a sample, of a lower rate.

    Attributes:
        drawn_by: bool[2, n], which records are drawn by name, and which by size.
        part: bool, which of the drawn parts of archives it contains.
        scale: its limits, and its fraction of the parts, relative to the sample's.
    """

    drawn_by: NDArray[np.bool_]
    part: NDArray[np.bool_]
    scale: float


class SampleWeights:
    """Computes the weights of the records of a sample or a subsample.

    Args:
        records: the sample.
        listing: the inputs that it was drawn from.
    """

    def __init__(self, records: Records, listing: Listing) -> None:
        self.share = listing.share
        self._records = records
        self._parts = np.array([part.number for part in listing.containers]) / listing.share
        self._groups, self._known = _merge_strata(listing.strata, records.stratum)
        self._sources = np.array([part.source for part in listing.containers], np.int64)
        self._container_counts = listing.container_counts

    def subsample(
        self, *, below: float = 1.0, exclude: tuple[float, float] = (0.0, 0.0)
    ) -> Subsample:
        """The subsample with draw numbers below a limit and outside an interval.

        Args:
            below: the limit, as a fraction of the sample's.
            exclude: begin and end of the interval, as fractions of the sample's limit.
        """
        begin, end = exclude
        numbers, parts = self._records.numbers, self._parts
        return Subsample(
            drawn_by=(numbers < below) & ~((begin <= numbers) & (numbers < end)),
            part=(self.share == 1) | ((parts < below) & ~((begin <= parts) & (parts < end))),
            scale=below - (end - begin),
        )

    def share_in(self, subsample: Subsample) -> float:
        """The probability that a part of archives is drawn."""
        return 1.0 if self.share == 1 else self.share * subsample.scale

    def inside(self, subsample: Subsample) -> NDArray[np.bool_]:
        """bool[n], whether the part of each record is in the subsample; True for loose files."""
        return np.append(subsample.part, True)[self._records.part]

    def limits(self, subsample: Subsample) -> NDArray[np.float64]:
        """float64[n], the probability that a record is drawn by its name; the same by its size."""
        limit: NDArray[np.float64] = (1 - (1 - self._records.rate) ** 0.5) * subsample.scale
        return limit

    def part_chance(self, subsample: Subsample) -> NDArray[np.float64]:
        """float64[n], the probability that the part of a record is drawn; 1 for loose files."""
        return np.where(self._records.part < 0, 1.0, self.share_in(subsample))

    def weights(self, subsample: Subsample) -> NDArray[np.float64]:
        """float64[n], the number of records that each represents; 0 outside the subsample."""
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
        """float64[sources], the number of parts over the number that the drawn parts represent."""
        sources = max(self._container_counts) + 1
        drawn = np.bincount(self._sources[subsample.part], minlength=sources) / self.share_in(
            subsample
        )
        known = np.array([self._container_counts[source] for source in range(sources)], np.float64)
        return np.divide(known, drawn, out=np.ones(sources), where=drawn > 0)


def _merge_strata(
    known: Counter[int], drawn: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Merge strata with few drawn files.

    Returns:
        The merged stratum of each record, -1 for records without one; and the number of files of
        each merged stratum.
    """
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
    return sum(counts.get(stratum, 0) for stratum in strata) < _MIN_DRAWN
