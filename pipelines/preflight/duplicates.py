"""Estimates the numbers of exact and near duplicates of all records from those of a sample.

Exact copies have the same size, so a draw by size takes all copies of a file or none: their number
grows with the sampling rate, not with its square. The same is true of draws by name for edited
copies that share their base name. For edited copies with different names there are two estimates,
and the one with more evidence gets the larger weight:

- pairs that were drawn although neither name nor size is the same: each represents 1 / (its
  probability);
- the fraction of exact copies with different names, since a draw by size is independent of names.

For files without a path, only the first is available.

If only a fraction of the parts of archives was read, families of duplicates are incomplete, and no
sample can estimate well how many families were not seen (Charikar and others, PODS 2000). There are
two bounds: a lower bound by Chao and Lin (JASA 107, 2012: sampling without replacement), and an
upper bound that assumes that each family seen in one part is in that part only. The estimate is the
mean of the two, and its interval contains both.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.pipelines.preflight.sample import Records
from codecorpus.pipelines.preflight.weights import SampleWeights, Subsample

EXACT, NEAR, EARLIER = "exact_duplicate", "near_duplicate", "repository.earlier_source"

_TRUSTED: Final = 5
"""The number of pairs with different names at which the two estimates have equal weights."""


@dataclass(frozen=True)
class DuplicateEstimate:
    """The estimated duplicates among all records.

    Attributes:
        exact, near: their numbers.
        weights: float64[n], the number of duplicates that each record of the sample represents.
    """

    exact: float
    near: float
    weights: NDArray[np.float64]


class DuplicateEstimator:
    """Estimates duplicates from one sample and its subsamples.

    Args:
        records: the sample.
        weights: the weights of its records.

    Attributes:
        exact, near: bool[n], which records of the sample are such duplicates.
    """

    def __init__(self, records: Records, weights: SampleWeights) -> None:
        self._weights = weights
        self.exact = records.reason == EXACT
        self.near = records.reason == NEAR
        self._document = (records.reason == "kept") | self.exact | self.near
        self._content, self._part, self._survivor = (
            records.content,
            records.part,
            records.duplicate_of,
        )
        self._named = records.named
        _, self._name = np.unique(records.numbers[0], return_inverse=True)
        _, self._size = np.unique(records.numbers[1], return_inverse=True)
        self._same_name = self._name[records.duplicate_of] == self._name
        pairs = np.stack([self._survivor, self._name])
        self._family = np.unique(pairs, axis=1, return_inverse=True)[1].reshape(-1)
        self._same_size = self._size[records.duplicate_of] == self._size

    def removed(self, subsample: Subsample, *, max_unseen: bool = False) -> DuplicateEstimate:
        """Estimate the duplicates among all records from a subsample.

        Args:
            subsample: the subsample.
            max_unseen: use the upper bound: families seen in one part are in no other part.
        """
        inside = self._weights.inside(subsample)
        chance = self._weights.limits(subsample) * self._weights.part_chance(subsample)
        by_name, by_size = subsample.drawn_by & inside & self._document
        exact, differ = self._copies(by_size, subsample, max_unseen=max_unseen)
        near, shares = self._edited(by_name & ~self.exact, subsample, differ, max_unseen=max_unseen)
        weights = _spread(exact, (self.exact & by_size) / chance) + _spread(near, shares)
        return DuplicateEstimate(exact, near, weights)

    def _copies(
        self, drawn: NDArray[np.bool_], subsample: Subsample, *, max_unseen: bool
    ) -> tuple[float, float]:
        """The number of exact copies; and the fraction of different names of those with paths."""
        count = self._count(self._content[drawn], drawn, subsample, max_unseen=max_unseen)
        named = drawn & self._named
        families = self._content[named]
        contents = len(np.unique(families))
        names = np.unique(np.stack([families, self._name[named]]), axis=1).shape[1]
        copies = len(families) - contents
        return count, (names - contents) / copies if copies else 0.0

    def _edited(
        self, drawn: NDArray[np.bool_], subsample: Subsample, differ: float, *, max_unseen: bool
    ) -> tuple[float, NDArray[np.float64]]:
        """The number of edited copies; float64[n], the contribution of each record to it."""
        same_name_count = self._count(self._family[drawn], drawn, subsample, max_unseen=max_unseen)
        chance = self._weights.limits(subsample) * self._weights.part_chance(subsample)
        pairs, siblings = self._pairs(subsample)
        named = pairs * (self._named & self._named[self._survivor])
        count = np.count_nonzero(named)
        rate = float((1 - (1 - self._weights.limits(subsample)) ** 2).max(initial=0.0))
        trust = max(rate, count / (count + _TRUSTED)) if same_name_count else 1.0
        guess = same_name_count * differ / (1 - differ) if differ < 1 else 0.0
        others = float(pairs.sum()) - (1 - trust) * (float(named.sum()) - guess)
        same = (self.near & drawn) * np.where(self._same_name, 1, 1 - 1 / siblings) / chance
        return same_name_count + others, same + pairs - (1 - trust) * named

    def _pairs(self, subsample: Subsample) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Edited copies whose names differ from their survivor's.

        Returns:
            float64[n], the number of such copies that each record represents; and int64[n], the
            number of records with the same name and survivor. Of these, all but one are already
            counted as copies with the same name.
        """
        inside = subsample.drawn_by.any(axis=0) & self._weights.inside(subsample)
        pairs = self.near & ~self._same_name & inside & inside[self._survivor]
        limit, part_chance = self._weights.limits(subsample), self._weights.part_chance(subsample)
        rate = 1 - (1 - limit) ** 2
        pair_chance = np.where(
            self._same_size, limit + (1 - limit) * limit**2, rate * rate[self._survivor]
        )
        survivor_part = np.where(
            self._part == self._part[self._survivor], 1.0, part_chance[self._survivor]
        )
        same_name = np.bincount(self._family[pairs], minlength=len(pairs))[self._family]
        same_name = np.maximum(same_name, 1)
        return pairs / (pair_chance * part_chance * survivor_part * same_name), same_name

    def _count(
        self,
        families: NDArray[np.int64],
        drawn: NDArray[np.bool_],
        subsample: Subsample,
        *,
        max_unseen: bool,
    ) -> float:
        """The number of files that have a preferred file in their family.

        A draw takes whole families, except for their members in parts that were not read.
        """
        limit, share = self._weights.limits(subsample)[drawn], self._weights.share_in(subsample)
        part_chance = self._weights.part_chance(subsample)[drawn]
        _, first, family = np.unique(families, return_index=True, return_inverse=True)
        found = float((1 / (limit * part_chance)).sum()) - float((1 / limit[first]).sum())
        if share == 1 or not len(first):
            return found
        parts = np.unique(np.stack([family, self._part[drawn]]), axis=1)[0]
        seen_in = np.bincount(parts)
        once, twice = (int(np.count_nonzero(seen_in == times)) for times in (1, 2))
        return max(
            found
            - unseen_families(once, twice, share, max_unseen=max_unseen) / float(limit.mean()),
            0.0,
        )


def unseen_families(once: int, twice: int, share: float, *, max_unseen: bool = False) -> float:
    """A bound on the number of families that were not seen.

    Args:
        once: the number of families seen in one part.
        twice: the number of families seen in two parts.
        share: the fraction of the parts that was read, above 0 and below 1.
        max_unseen: return the upper bound instead of the lower one.
    """
    if not once:
        return 0.0
    upper = once * (1 - share) / share
    return upper if max_unseen else once**2 / (2 * twice + once * share / (1 - share))


def _spread(total: float, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shares, scaled so that their sum is `total`."""
    found = float(shares.sum())
    return shares * (total / found) if found else shares
