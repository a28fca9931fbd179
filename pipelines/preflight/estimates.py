"""From the records of a sample to numbers of the whole, each with an interval.

All numbers are sums over records of what a record is, times how many it stands for: `weighting`
says how many records, `duplicates` how many of the kept ones go as duplicates. Tokens of a sample's
duplicates, which are not encoded, are taken from their size and language.

Variances are those of a delete-a-group jackknife (Kott, Journal of Official Statistics 17, 2001;
32 groups): what lies in one stretch of the numbers by name, by size and of parts is left out, and
everything is estimated anew from the rest. So files that are drawn together vary together, ratios
and corrections included.
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
from codecorpus.pipelines.preflight.weights import Subsample, Weights
from codecorpus.pipelines.sources.sampling import draw_limit

GROUPS: Final = 32
_STUDENT: Final = 1.6955 / 1.6449
"""Quantiles at 0.95 of Student's distribution with 31 degrees of freedom, and of the normal one."""

_DUPLICATES: Final = (EXACT, NEAR)
KEPT: Final = "kept"


@dataclass(frozen=True)
class Totals:
    """Numbers of the whole.

    Attributes:
        records, read, bytes: records in all; those that are read, and their bytes.
        reasons: records by reason, `kept` among them.
        files, sizes, tokens: of the kept files by language, in bytes and ids.
        kept: files, bytes and tokens of all languages.
        documents: files that curation keeps, before duplicates go, and their bytes.
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
    """What a sample of a lower rate says of duplicates, drawn within the sample.

    Attributes:
        rate: its rate.
        files: how many records it has.
        seen: exact and near duplicates among them that are such in the sample.
        exact, near: estimates for the whole.
    """

    rate: float
    files: int
    seen: tuple[int, int]
    exact: Estimate
    near: Estimate


class Estimator:
    """Estimates numbers of the whole from one sample.

    Args:
        records: the sample.
        listing: what it was drawn from.
    """

    def __init__(self, records: Records, listing: Listing) -> None:
        self._records, self._rate, self._listed = records, listing.rate, listing.bytes
        self._weights = Weights(records, listing)
        self._duplicates = DuplicateEstimator(records, self._weights)
        self._reasons, self._reason = np.unique(records.reason, return_inverse=True)
        document = np.isin(records.reason, (KEPT, *_DUPLICATES, EARLIER))
        self._document = document
        languages = np.where(document, records.language, "")
        self._languages, self._language = np.unique(languages, return_inverse=True)
        self._tokens = self._tokens_by_record()

    def totals(self) -> Totals:
        """The numbers of the whole."""
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
        """Duplicates as smaller samples within this one see them."""
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
        """The rate of a record when all limits are that share of the sample's."""
        whole = self._weights.share
        inner = draw_limit(min(1.0, self._rate / whole))
        return (1 - (1 - inner * share) ** 2) * (whole * share if whole < 1 else 1.0)

    def _estimates(
        self, numbers: "Callable[[Subsample, bool], Sums]", share: float
    ) -> list[Estimate]:
        """Values and intervals of what `numbers` gives of the sample of a share of the limits."""
        subsample = self._weights.subsample(below=share)
        whole = numbers(subsample, False)
        left_out = np.stack(
            [
                numbers(self._weights.subsample(below=share, without=stretch), False).values
                for stretch in _stretches(share)
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
                    _most([weights, read, sums[2] * (records.part >= 0)]),
                    heavy,
                    *heaviest,
                    _most(ends),
                ]
            ),
        )

    def _bytes_read(
        self, sizes: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The bytes that records stand for.

        Those of loose files add up to what was listed, as far as the sample's were read.
        """
        expected = float((weights * self._records.listed).sum())
        factor = self._listed / expected if expected else 1.0
        return np.where(self._records.part < 0, sizes * factor, sizes)

    def _removed(self, subsample: Subsample, max_unseen: bool) -> "Sums":
        found = self._duplicates.removed(subsample, max_unseen=max_unseen)
        weight = _most([self._weights.weights(subsample)])[0]
        return Sums(np.array([found.exact, found.near]), np.array([weight, weight]))

    def _tokens_by_record(self) -> NDArray[np.float64]:
        """float64[n], the tokens of each document, of duplicates by size and language."""
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
    """Sums over the whole, and of each the most that one record of the sample adds to it."""

    values: NDArray[np.float64]
    weights: NDArray[np.float64]


def _stretches(share: float) -> list[tuple[float, float]]:
    return [(share * group / GROUPS, share * (group + 1) / GROUPS) for group in range(GROUPS)]


def _sums(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array([column.sum() for column in columns])


def _most(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array([np.abs(column).max(initial=0.0) for column in columns])


def _heaviest(
    codes: NDArray[np.int64], values: NDArray[np.float64], length: int
) -> NDArray[np.float64]:
    found = np.zeros(length)
    np.maximum.at(found, codes, np.abs(values))
    return found
