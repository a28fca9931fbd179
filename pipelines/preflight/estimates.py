"""Estimates totals of the whole input from the records of a sample, each with an interval.

Each total is a weighted sum over records. `weights` determines how many records each one
represents, and `duplicates` how many of the kept ones are removed as duplicates. Duplicates are not
encoded, so their tokens are estimated from their size and language.

Variances are those of a delete-a-group jackknife (Kott, Journal of Official Statistics 17, 2001;
32 groups): each group is an interval of the draw numbers by name, by size and of parts; it is left
out, and all totals are estimated from the rest. Files that are drawn together are thus left out
together, and the variance includes that of ratios and corrections.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.pipelines.preflight.confidence_intervals import Estimate, confidence_interval
from codecorpus.pipelines.preflight.duplicates import EARLIER, EXACT, NEAR, DuplicateEstimator
from codecorpus.pipelines.preflight.inputs import Listing
from codecorpus.pipelines.preflight.sample import Records
from codecorpus.pipelines.preflight.weights import SampleWeights, Subsample
from codecorpus.pipelines.sources.sampling import draw_limit

GROUPS: Final = 32
_STUDENT: Final = 1.6955 / 1.6449
"""Ratio of the 0.95 quantiles of Student's t distribution, 31 degrees, and the normal."""

_DUPLICATES: Final = (EXACT, NEAR)
KEPT: Final = "kept"


@dataclass(frozen=True)
class Totals:
    """Estimated totals of the whole input.

    Attributes:
        records, read, bytes: all records; the records that are read, and their bytes.
        reasons: records by reason, including `kept`.
        files, sizes, tokens: kept files by language, their bytes, and their ids.
        kept: files, bytes and tokens of all languages.
        documents: files kept before deduplication, and their bytes.
    """

    records: Estimate
    read: Estimate
    bytes: Estimate
    reasons: dict[str, Estimate]
    files: dict[str, Estimate]
    sizes: dict[str, Estimate]
    tokens: dict[str, Estimate]
    kept: tuple[Estimate, Estimate, Estimate]
    documents: tuple[Estimate, Estimate]


@dataclass(frozen=True)
class SubsampleEstimate:
    """Duplicates estimated from a subsample.

    Attributes:
        rate: the sampling rate of the subsample.
        files: the number of its records.
        seen: the numbers of its exact and near duplicates whose survivor it contains as well.
        exact, near: estimates for the whole input.
    """

    rate: float
    files: int
    seen: tuple[int, int]
    exact: Estimate
    near: Estimate


class Estimator:
    """Estimates totals from one sample.

    Args:
        records: the sample.
        listing: the inputs that it was drawn from.
    """

    def __init__(self, records: Records, listing: Listing) -> None:
        self._records, self._rate, self._listed = records, listing.rate, listing.bytes
        self._weights = SampleWeights(records, listing)
        self._duplicates = DuplicateEstimator(records, self._weights)
        self._reasons, self._reason = np.unique(records.reason, return_inverse=True)
        document = np.isin(records.reason, (KEPT, *_DUPLICATES, EARLIER))
        self._document = document
        languages = np.where(document, records.language, "")
        self._languages, self._language = np.unique(languages, return_inverse=True)
        self._tokens = self._tokens_by_record()

    def totals(self) -> Totals:
        """Estimate the totals of the whole input."""
        found = self._estimates(self._columns, 1.0)
        names = [str(name) for name in self._reasons]
        at = iter(found)
        records, read, size = next(at), next(at), next(at)
        reasons = {name: next(at) for name in names}
        by_language = [[next(at) for _ in self._languages] for _ in range(3)]
        kept = (next(at), next(at), next(at))
        documents = (next(at), next(at))
        files, sizes, tokens = (
            {str(name): value for name, value in zip(self._languages, values, strict=True) if name}
            for values in by_language
        )
        return Totals(records, read, size, reasons, files, sizes, tokens, kept, documents)

    def subsample_estimates(self, shares: Iterable[float]) -> list[SubsampleEstimate]:
        """Estimate duplicates from subsamples.

        Args:
            shares: the limits of the subsamples, as fractions of the sample's limit.
        """
        found = []
        for share in shares:
            subsample = self._weights.subsample(below=share)
            inside = subsample.drawn_by.any(axis=0) & self._weights.inside(subsample)
            seen = [
                int(np.count_nonzero(inside & inside[self._records.duplicate_of] & mask))
                for mask in (self._duplicates.exact, self._duplicates.near)
            ]
            exact, near = self._estimates(self._removed, share)
            rate = self._rate_at(share)
            found.append(
                SubsampleEstimate(rate, int(inside.sum()), (seen[0], seen[1]), exact, near)
            )
        return found

    def _rate_at(self, share: float) -> float:
        """The sampling rate if all limits are multiplied by `share`."""
        whole = self._weights.share
        inner = draw_limit(min(1.0, self._rate / whole))
        return (1 - (1 - inner * share) ** 2) * (whole * share if whole < 1 else 1.0)

    def _estimates(
        self, numbers: "Callable[[Subsample, bool], Sums]", share: float
    ) -> list[Estimate]:
        """The sums that `numbers` returns, as estimates with intervals.

        Args:
            numbers: computes sums from a subsample; the flag selects the upper bound of unseen
                families.
            share: the limits of the subsample, as a fraction of the sample's limits.
        """
        subsample = self._weights.subsample(below=share)
        whole = numbers(subsample, False)
        left_out = np.stack(
            [
                numbers(self._weights.subsample(below=share, exclude=interval), False).values
                for interval in _intervals(share)
            ]
        )
        missing = 1 - self._rate_at(share)
        spread = ((left_out - whole.values) ** 2).sum(axis=0) * (GROUPS - 1) / GROUPS
        variances = spread * missing * _STUDENT**2
        found = [
            confidence_interval(value, variance, weight * missing)
            for value, variance, weight in zip(
                whole.values.tolist(), variances.tolist(), whole.weights.tolist(), strict=True
            )
        ]
        if self._weights.share == 1:
            return found
        other = numbers(subsample, True)
        return [
            estimate.union(confidence_interval(value, variance, weight * missing))
            for estimate, value, variance, weight in zip(
                found,
                other.values.tolist(),
                variances.tolist(),
                other.weights.tolist(),
                strict=True,
            )
        ]

    def _columns(self, subsample: Subsample, max_unseen: bool) -> "Sums":
        records = self._records
        weights = self._weights.weights(subsample)
        removed = self._duplicates.removed(subsample, max_unseen=max_unseen)
        earlier = records.reason == EARLIER
        kept = weights * (self._document & ~earlier) - removed.weights
        read = weights * (records.size >= 0)
        size = np.maximum(records.size, 0)
        document = weights * self._document
        count = np.bincount(self._reason, weights, len(self._reasons))
        heavy = np.zeros(len(count))
        np.maximum.at(heavy, self._reason, weights)
        for name, value in ((EXACT, removed.exact), (NEAR, removed.near), (KEPT, kept.sum())):
            count[self._reasons == name] = value
        columns = [kept, kept * size, kept * self._tokens]
        languages = [np.bincount(self._language, c, len(self._languages)) for c in columns]
        heaviest = [_heaviest(self._language, c, len(self._languages)) for c in columns]
        sums = [weights, read, self._bytes_read(read * size, weights)]
        ends = [*columns, document, document * size]
        return Sums(
            np.concatenate([_sums(sums), count, *languages, _sums(ends)]),
            np.concatenate(
                [
                    _largest([weights, read, sums[2] * (records.part >= 0)]),
                    heavy,
                    *heaviest,
                    _largest(ends),
                ]
            ),
        )

    def _bytes_read(
        self, sizes: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """float64[n], the bytes that each record represents.

        Those of loose files are scaled to add up to the listed bytes.
        """
        expected = float((weights * self._records.listed).sum())
        factor = self._listed / expected if expected else 1.0
        return np.where(self._records.part < 0, sizes * factor, sizes)

    def _removed(self, subsample: Subsample, max_unseen: bool) -> "Sums":
        found = self._duplicates.removed(subsample, max_unseen=max_unseen)
        weight = _largest([self._weights.weights(subsample)])[0]
        return Sums(np.array([found.exact, found.near]), np.array([weight, weight]))

    def _tokens_by_record(self) -> NDArray[np.float64]:
        """float64[n], the tokens of each document; estimated for duplicates."""
        records = self._records
        known = records.tokens >= 0
        size = np.maximum(records.size, 0).astype(np.float64)
        length = len(self._languages)
        tokens = np.bincount(self._language[known], records.tokens[known], length)
        sizes = np.bincount(self._language[known], size[known], length)
        overall = tokens.sum() / max(sizes.sum(), 1)
        ratio = np.divide(tokens, sizes, out=np.full(length, overall), where=sizes > 0)
        return np.where(
            known, records.tokens, np.where(self._document, size, 0) * ratio[self._language]
        )


@dataclass(frozen=True)
class Sums:
    """Sums over the whole input, and for each the largest contribution of one sampled record."""

    values: NDArray[np.float64]
    weights: NDArray[np.float64]


def _intervals(share: float) -> list[tuple[float, float]]:
    return [(share * group / GROUPS, share * (group + 1) / GROUPS) for group in range(GROUPS)]


def _sums(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array([column.sum() for column in columns])


def _largest(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array([np.abs(column).max(initial=0.0) for column in columns])


def _heaviest(
    codes: NDArray[np.int64], values: NDArray[np.float64], length: int
) -> NDArray[np.float64]:
    found = np.zeros(length)
    np.maximum.at(found, codes, np.abs(values))
    return found
