"""Synthetic inputs with known totals, and samples drawn from them as preflight draws."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.pipelines.preflight.inputs import Listing, Part, strata_of
from codecorpus.pipelines.preflight.sample import Records
from codecorpus.pipelines.sources.sampling import draw_limit, draw_numbers

REASONS = ("kept", "language.unknown", "file_size.min", "unreadable.utf8")


@dataclass(frozen=True)
class Population:
    """Files of repositories, as `Records` of a complete sample, and their families.

    Attributes:
        records: all files; the first of each family is kept, the others are its duplicates.
        paths: of the files.
        parts: int64, which part holds each file; used where they lie in archives.
    """

    records: Records
    paths: list[str]
    parts: NDArray[np.int64]

    def draw(
        self, seed: int, rate: float, *, share: float | None = None
    ) -> tuple[Records, Listing]:
        """A sample of loose files; of records in archives, if a share of their parts is given."""
        whole, paths = self.records, pa.array(self.paths)
        numbers = draw_numbers(
            pa.nulls(len(whole), pa.string()),
            paths,
            sizes=whole.size,
            rows=np.arange(len(whole)),
            seed=seed,
        )
        listing = Listing(rate, seed)
        part, stratum = np.full(len(whole), -1), np.full(len(whole), -1)
        if share is None:
            stratum = strata_of(0, paths, whole.size)
            listing.strata = Counter(stratum.tolist())
            listing.bytes = int(whole.size.sum())
            drawn = np.logical_or(*(numbers < listing.loose_limit))
        else:
            listing.share = share
            drawn, part = self._within(listing, numbers, seed)
        limit = draw_limit(rate / listing.share)
        sample = Records(
            source=whole.source,
            reason=whole.reason,
            language=whole.language,
            size=whole.size,
            tokens=whole.tokens,
            content=whole.content,
            duplicate_of=whole.duplicate_of,
            numbers=numbers / limit,
            rate=np.full(len(whole), rate / listing.share),
            part=part,
            stratum=stratum,
            named=whole.named,
            listed=whole.size if share is None else np.zeros_like(whole.size),
        )
        return _decided(sample, drawn), listing

    def _within(
        self, listing: Listing, numbers: NDArray[np.float64], seed: int
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        count = int(self.parts.max()) + 1
        by_part = np.random.default_rng(seed).random(count)
        chosen = np.flatnonzero(by_part < listing.share)
        empty = pa.table({"name": pa.array([], pa.string())})
        listing.containers = [Part(0, empty, float(by_part[at])) for at in chosen]
        listing.container_counts = Counter({0: count})
        place = np.full(count, -1)
        place[chosen] = np.arange(len(chosen))
        part = place[self.parts]
        drawn: NDArray[np.bool_] = np.logical_or(*(numbers < listing.inner_limit))
        return drawn & (part >= 0), part


def _decided(sample: Records, drawn: NDArray[np.bool_]) -> Records:
    """The drawn files after deduplication, which keeps the first of each family."""
    reason = sample.reason.copy()
    number = np.cumsum(drawn) - 1
    of = np.arange(len(sample))
    for families in (sample.content, sample.duplicate_of):
        document = drawn & np.isin(reason, ("kept", "exact_duplicate", "near_duplicate"))
        exact = families is sample.content
        rows = np.flatnonzero(document if exact else document & (reason != "exact_duplicate"))
        _, first, family = np.unique(families[rows], return_index=True, return_inverse=True)
        best = rows[first][family]
        reason[rows] = np.where(
            best == rows, "kept", "exact_duplicate" if exact else "near_duplicate"
        )
        of[rows] = best
    tokens = np.where(reason == "kept", sample.size // 3, -1)
    return replace(sample, reason=reason, tokens=tokens, duplicate_of=number[of]).select(drawn)


def make_population(seed: int, *, files: int = 8000, repositories: int = 150) -> Population:
    """Files of repositories that differ in language, reasons and number of copies."""
    random = np.random.default_rng(seed)
    repository = np.sort(random.zipf(1.6, files) % repositories)
    language = np.where(random.random(repositories)[repository] < 0.7, "Python", "C++")
    quality = random.dirichlet([6, 2, 1, 0.2], repositories)[repository]
    choice = (random.random((files, 1)) > np.cumsum(quality, axis=1)).sum(axis=1)
    reason = np.array(REASONS)[np.minimum(choice, 3)].astype("U32")
    size = np.exp(random.normal(8.5, 1.1, files)).astype(np.int64) + 1
    name = np.array(
        [
            f"{kind}{number}.py"
            for kind, number in zip("abcd" * (files // 4), range(files), strict=True)
        ]
    )
    content, of = np.arange(files), np.arange(files)
    documents = random.permutation(np.flatnonzero(reason == "kept"))
    at = 0
    while at + 12 < len(documents) // 3:
        members = documents[at : at + 2 + random.geometric(0.5)]
        at += len(members)
        edited = random.random() < 0.4
        first = int(members.min())
        of[members] = first
        if not edited:
            content[members], size[members] = first, size[first]
        if random.random() < 0.92:
            name[members] = name[first]
    numbers = np.arange(files)
    reason[of != numbers] = "near_duplicate"
    reason[content != numbers] = "exact_duplicate"
    none = np.full(files, -1)
    records = Records(
        source=np.zeros(files, np.int64),
        reason=reason,
        language=language,
        size=size,
        tokens=np.where(reason == "kept", size // 3, -1),
        content=content,
        duplicate_of=of,
        numbers=np.zeros((2, files)),
        rate=np.ones(files),
        part=none,
        stratum=none,
        named=np.ones(files, np.bool_),
        listed=size,
    )
    paths = [f"r{number}/{base}" for number, base in zip(repository, name, strict=True)]
    return Population(records, paths, np.arange(files) // 100)
