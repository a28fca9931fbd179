"""How many copies and edited copies the whole has, from those of a sample.

Copies have one size, so where the size draws a file it draws all of its copies: those of the
sample are a fair share of all, not of the square. Of edited copies the same holds where they share
their base name; for the others there are two estimates, of which the better known one counts more:

- pairs that were drawn although neither name nor size agree: each stands for 1 / (its chance);
- the share of exact copies whose names differ, which the size draws whatever their names are.

Of files without a path only the first can be known.

Where only some parts of archives were read, families are torn, and no sample can tell well how many
were not seen at all (Charikar and others, PODS 2000). There are two bounds: Chao and Lin's (JASA
107, 2012: sampling without replacement), of which there are at least as many, and that a family
seen in one part lies in one. The estimate is in the middle, its interval holds both.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.pipelines.preflight.sample import Records
from codecorpus.pipelines.preflight.weights import Subsample, Weights

EXACT, NEAR, EARLIER = "exact_duplicate", "near_duplicate", "repository.earlier_source"

_TRUSTED: Final = 5
"""Pairs whose names differ that count as much as what exact copies say of such pairs."""


@dataclass(frozen=True)
class DuplicateEstimate:
    """Duplicates of the whole.

    Attributes:
        exact, near: how many.
        weights: float64[n], how many of them each record of the sample stands for.
    """

    exact: float
    near: float
    weights: NDArray[np.float64]


class DuplicateEstimator:
    """The duplicates of a sample.

    Args:
        records: the sample.
        weights: how its records were drawn.
    """

    def __init__(self, records: Records, weights: Weights) -> None:
        self._weights = weights
        self.exact = records.reason == EXACT
        self.near = records.reason == NEAR
        self._document = (records.reason == "kept") | self.exact | self.near
        self._content, self._part, self._of = records.content, records.part, records.duplicate_of
        self._named = records.named
        _, self._name = np.unique(records.numbers[0], return_inverse=True)
        _, self._size = np.unique(records.numbers[1], return_inverse=True)
        self._same_name = self._name[records.duplicate_of] == self._name
        pairs = np.stack([self._of, self._name])
        self._family = np.unique(pairs, axis=1, return_inverse=True)[1].reshape(-1)
        self._same_size = self._size[records.duplicate_of] == self._size

    def removed(self, subsample: Subsample, *, max_unseen: bool = False) -> DuplicateEstimate:
        """Those of the whole, from a subsample of the sample.

        Args:
            subsample: which.
            max_unseen: assume that families seen in one drawn part are in no other part.
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
        """How many exact copies there are; of those with paths, the share whose names differ."""
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
        """How many edited copies there are, and what each of the sample has to do with it."""
        alike = self._count(self._family[drawn], drawn, subsample, max_unseen=max_unseen)
        chance = self._weights.limits(subsample) * self._weights.part_chance(subsample)
        pairs, several = self._pairs(subsample)
        named = pairs * (self._named & self._named[self._of])
        count = np.count_nonzero(named)
        rate = float((1 - (1 - self._weights.limits(subsample)) ** 2).max(initial=0.0))
        trust = max(rate, count / (count + _TRUSTED)) if alike else 1.0
        guess = alike * differ / (1 - differ) if differ < 1 else 0.0
        others = float(pairs.sum()) - (1 - trust) * (float(named.sum()) - guess)
        same = (self.near & drawn) * np.where(self._same_name, 1, 1 - 1 / several) / chance
        return alike + others, same + pairs - (1 - trust) * named

    def _pairs(self, subsample: Subsample) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """float64[n], how many edited copies with other names each of the sample stands for.

        Of several with one name and one survivor all but one count as copies of one name already;
        how many there are comes with it, int64[n].
        """
        inside = subsample.drawn_by.any(axis=0) & self._weights.inside(subsample)
        pairs = self.near & ~self._same_name & inside & inside[self._of]
        limit, holder = self._weights.limits(subsample), self._weights.part_chance(subsample)
        rate = 1 - (1 - limit) ** 2
        both = np.where(self._same_size, limit + (1 - limit) * limit**2, rate * rate[self._of])
        torn = np.where(self._part == self._part[self._of], 1.0, holder[self._of])
        several = np.bincount(self._family[pairs], minlength=len(pairs))[self._family]
        several = np.maximum(several, 1)
        return pairs / (both * holder * torn * several), several

    def _count(
        self,
        families: NDArray[np.int64],
        drawn: NDArray[np.bool_],
        subsample: Subsample,
        *,
        max_unseen: bool,
    ) -> float:
        """How many files have a better one in their family.

        The draw keeps families whole but for the parts that were not read.
        """
        limit, share = self._weights.limits(subsample)[drawn], self._weights.share_in(subsample)
        holder = self._weights.part_chance(subsample)[drawn]
        _, first, family = np.unique(families, return_index=True, return_inverse=True)
        found = float((1 / (limit * holder)).sum()) - float((1 / limit[first]).sum())
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
    """How many families were not seen.

    Args:
        once: families seen in one part.
        twice: families seen in two parts.
        share: of the parts were read, above 0 and below 1.
        max_unseen: the most that there can be, instead of the least.
    """
    if not once:
        return 0.0
    most = once * (1 - share) / share
    return most if max_unseen else once**2 / (2 * twice + once * share / (1 - share))


def _spread(total: float, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares scaled to a total."""
    found = float(shares.sum())
    return shares * (total / found) if found else shares
