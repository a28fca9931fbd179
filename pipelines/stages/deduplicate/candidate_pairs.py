"""Finds similar files: pairs with equal keys in a band, then pairs with similar sketches.

A pair is a uint64, `better << 32 | worse`, of the ranks that `MatchCopies` gave the compared
contents. Pairs are in ascending order across tasks. A task holds a few hundred megabytes at most:
a range of one band's keys, or a few hundred thousand sketches.
"""

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
"""Maximum bytes of sketches that a task holds."""


class ProposePairs(Stage):
    """One task per key range of a band; in most builds a band has one range."""

    artifacts = PROPOSE_PAIRS

    def weights(self, build: Build) -> list[int]:
        """Equal tasks, one for each range of each band."""
        return [1] * propose_tasks(build)

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> ProposeSummary:
        """Write the pairs with equal keys in one band, ascending."""
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


class VerifyPairs(Stage):
    """One task for each range of pairs, of about equal size."""

    artifacts = VERIFY_PAIRS

    def weights(self, build: Build) -> list[int]:
        """Equal tasks, as many as the pairs of all bands require."""
        return [1] * verify_tasks(build)

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> VerifySummary:
        """Compare the sketches of each pair, and write similar and doubtful pairs."""
        del counters
        near = build.recipe.deduplicate.near
        assert near
        arrays = [
            map_array(build, PROPOSE_PAIRS.pairs(task))
            for task, count in enumerate(proposed_pairs(build))
            if count
        ]
        pieces = split_ranges(arrays, verify_tasks(build))[index]
        similar, matches, doubtful, compared = _compare_sketches(build, near, pieces)
        files = map_array(build, MATCH_COPIES.file)
        named = np.unique(files[np.concatenate(unpack_pairs(doubtful))])
        for name, array in (
            (VERIFY_PAIRS.similar(index), similar),
            (VERIFY_PAIRS.matches(index), matches),
            (VERIFY_PAIRS.doubtful(index), doubtful),
            (VERIFY_PAIRS.doubtful_files(index), named),
        ):
            write_array(build, name, array, digests)
        return {"pairs": compared, "similar": len(similar), "doubtful": len(doubtful)}


def _keys(build: Build, band: str, part: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """The keys of a band in one key range, and the ranks of their contents, ascending."""
    rank = map_array(build, MATCH_COPIES.rank)
    ranges = np.uint64(key_ranges(build))
    half = np.uint64(32)
    numbers = [np.empty(0, np.uint32)]
    keys = [np.empty(0, np.uint64)]
    for rows, batch in KeptFiles(build).batches(band):
        here, found = np.asarray(rank[rows]), values(batch[band])
        in_range = (found >> half) * ranges >> half == np.uint64(part)
        selected = (here != NOT_COMPARED) & in_range
        numbers.append(here[selected])
        keys.append(found[selected])
    ordered = np.concatenate(numbers).astype(np.uint64)
    order = np.arange(len(ordered), dtype=np.uint32)
    sort_by_key(ordered, order)
    return np.concatenate(keys)[order], ordered.astype(np.uint32)


def _compare_sketches(
    build: Build, near: Near, pieces: list[NDArray[np.uint64]]
) -> tuple[NDArray[np.uint64], NDArray[np.uint16], NDArray[np.uint64], int]:
    """Compare whole sketches, in blocks of pairs that fit `_SKETCH_BYTES`.

    Returns:
        uint64, the similar pairs; uint16, the number of equal positions of each; uint64, the pairs
        too near the threshold, to be decided by their texts; and the number of all pairs.
    """
    needed = matches_needed(near.threshold, near.permutations)
    low, high = doubtful_range(near.threshold, near.permutations, errors=near.exact_margin)
    kept = KeptFiles(build)
    files = map_array(build, MATCH_COPIES.file)
    similar, doubtful = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    matches = [np.empty(0, np.uint16)]
    compared = 0
    for pairs in merge_distinct(pieces, size=_SKETCH_BYTES // (2 * near.permutations)):
        matched = _matches(kept, files, pairs)
        is_doubtful = (low <= matched) & (matched <= high)
        is_similar = (matched >= needed) & ~is_doubtful
        similar.append(pairs[is_similar])
        matches.append(matched[is_similar].astype(np.uint16))
        doubtful.append(pairs[is_doubtful])
        compared += len(pairs)
    return np.concatenate(similar), np.concatenate(matches), np.concatenate(doubtful), compared


def _matches(
    kept: KeptFiles, files: NDArray[np.uint32], pairs: NDArray[np.uint64]
) -> NDArray[np.int32]:
    """Number of equal positions in the sketches of each pair; reads sketches part by part."""
    better, worse = unpack_pairs(pairs)
    involved, at = np.unique(np.concatenate((files[better], files[worse])), return_inverse=True)
    return count_matches(kept.take("sketch", involved), at[: len(better)], at[len(better) :])
