"""Which files are similar: pairs that agree in a band, then those whose whole sketches agree.

Pairs are words, `better << 32 | worse`, of the numbers that `MatchCopies` gave the compared
contents, in ascending order from task to task. A task holds some hundred megabytes at most: of one
band a range of keys, or some hundred thousand sketches.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.candidates import find_buckets, pack_pairs, unpack_pairs
from codecorpus.filters.near_duplicates.radix_sort import sort_by_key
from codecorpus.filters.near_duplicates.sorted_merge import merge_distinct, split_ranges
from codecorpus.filters.near_duplicates.verification import (
    count_matches,
    doubtful_range,
    matches_needed,
)
from codecorpus.pipelines.recipe.model import Near
from codecorpus.pipelines.stages.arrays import array_writer, map_array, write_array
from codecorpus.pipelines.stages.artifacts import (
    MATCH_COPIES,
    NOT_COMPARED,
    PROPOSE_PAIRS,
    VERIFY_PAIRS,
    ProposeSummary,
    VerifySummary,
)
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles, values
from codecorpus.pipelines.stages.deduplicate.pair_tasks import (
    key_ranges,
    propose_tasks,
    proposed_pairs,
    verify_tasks,
)
from codecorpus.pipelines.storage.digests import FileDigest

_SKETCH_BYTES = 1 << 29
"""Bytes of sketches that a task holds at most."""


class ProposePairs(Stage):
    """One task a range of the keys of a band; of most builds, one a band."""

    artifacts = PROPOSE_PAIRS

    def weights(self, build: Build) -> list[int]:
        """As many equal tasks as bands, times ranges."""
        return [1] * propose_tasks(build)

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> ProposeSummary:
        """Write the pairs that agree in one band, in order."""
        del counters
        band, part = divmod(index, key_ranges(build))
        keys, numbers = _keys(build, f"band_{band:02d}", part)
        buckets = find_buckets(keys)
        del keys
        name, count = PROPOSE_PAIRS.pairs(index), buckets.pair_count
        with array_writer(build, name, np.uint64, (count,), digests) as file:
            for block in buckets.blocks():
                better, worse = unpack_pairs(block)
                file.write(pack_pairs(numbers[better], numbers[worse]))
        return {"pairs": count, "capped": buckets.capped}


@dataclass(frozen=True)
class Judged:
    """Pairs by the verdict of their sketches.

    Attributes:
        similar: uint64, pairs.
        matches: uint16, their equal positions.
        doubtful: uint64, pairs too near the threshold, to be settled on the text.
        compared: how many pairs there were.
    """

    similar: NDArray[np.uint64]
    matches: NDArray[np.uint16]
    doubtful: NDArray[np.uint64]
    compared: int


class VerifyPairs(Stage):
    """One task for each range of pairs, of about as many each."""

    artifacts = VERIFY_PAIRS

    def weights(self, build: Build) -> list[int]:
        """As many tasks as the pairs of all bands fill."""
        return [1] * verify_tasks(build)

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> VerifySummary:
        """Write what the sketches say of each pair."""
        del counters
        near = build.recipe.deduplicate.near
        assert near
        arrays = [
            map_array(build, PROPOSE_PAIRS.pairs(task))
            for task, count in enumerate(proposed_pairs(build))
            if count
        ]
        pieces = split_ranges(arrays, verify_tasks(build))[index]
        judged = _join(list(_judge(build, near, pieces)))
        files = map_array(build, MATCH_COPIES.file)
        named = np.unique(files[np.concatenate(unpack_pairs(judged.doubtful))])
        for name, array in (
            (VERIFY_PAIRS.similar(index), judged.similar),
            (VERIFY_PAIRS.matches(index), judged.matches),
            (VERIFY_PAIRS.doubtful(index), judged.doubtful),
            (VERIFY_PAIRS.doubtful_files(index), named),
        ):
            write_array(build, name, array, digests)
        return {
            "pairs": judged.compared,
            "similar": len(judged.similar),
            "doubtful": len(judged.doubtful),
        }


def _keys(build: Build, band: str, part: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """The keys of a band that lie in one range, and the numbers of the files, ascending."""
    rank = map_array(build, MATCH_COPIES.rank)
    ranges = np.uint64(key_ranges(build))
    half = np.uint64(32)
    numbers = [np.empty(0, np.uint32)]
    keys = [np.empty(0, np.uint64)]
    for rows, batch in KeptFiles(build).batches(band):
        here, found = np.asarray(rank[rows]), values(batch[band])
        wanted = (here != NOT_COMPARED) & ((found >> half) * ranges >> half == np.uint64(part))
        numbers.append(here[wanted])
        keys.append(found[wanted])
    ordered = np.concatenate(numbers).astype(np.uint64)
    order = np.arange(len(ordered), dtype=np.uint32)
    sort_by_key(ordered, order)
    return np.concatenate(keys)[order], ordered.astype(np.uint32)


def _judge(build: Build, near: Near, pieces: list[NDArray[np.uint64]]) -> Iterator[Judged]:
    """Compare whole sketches, as many pairs at a time as memory allows."""
    needed = matches_needed(near.threshold, near.permutations)
    low, high = doubtful_range(near.threshold, near.permutations, errors=near.exact_margin)
    kept = KeptFiles(build)
    files = map_array(build, MATCH_COPIES.file)
    for pairs in merge_distinct(pieces, size=_SKETCH_BYTES // (2 * near.permutations)):
        matched = _matches(kept, files, pairs)
        unsure = (low <= matched) & (matched <= high)
        similar = (matched >= needed) & ~unsure
        yield Judged(pairs[similar], matched[similar].astype(np.uint16), pairs[unsure], len(pairs))


def _matches(
    kept: KeptFiles, files: NDArray[np.uint32], pairs: NDArray[np.uint64]
) -> NDArray[np.int32]:
    """How many positions of each pair's sketches agree; sketches are gathered part by part."""
    better, worse = unpack_pairs(pairs)
    involved, at = np.unique(np.concatenate((files[better], files[worse])), return_inverse=True)
    return count_matches(kept.take("sketch", involved), at[: len(better)], at[len(better) :])


def _join(judged: list[Judged]) -> Judged:
    return Judged(
        np.concatenate([np.empty(0, np.uint64), *(some.similar for some in judged)]),
        np.concatenate([np.empty(0, np.uint16), *(some.matches for some in judged)]),
        np.concatenate([np.empty(0, np.uint64), *(some.doubtful for some in judged)]),
        sum(some.compared for some in judged),
    )
