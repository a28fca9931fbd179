"""Which files are similar: pairs that agree in a band, then those whose whole sketches agree.

Pairs are words, `better << 32 | worse`, of the numbers that `MatchCopies` gave the compared
contents, in ascending order from task to task. A task holds some hundred megabytes at most: of one
band a range of keys, or some hundred thousand sketches.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.bands import choose
from codecorpus.filters.near_duplicates.candidates import group, pack, unpack
from codecorpus.filters.near_duplicates.radix_sort import sort_along
from codecorpus.filters.near_duplicates.sorted_merge import cut, merge
from codecorpus.filters.near_duplicates.verification import doubtful, matches, matches_needed
from codecorpus.pipelines.recipe.model import Near
from codecorpus.pipelines.stages.arrays import array_writer, map_array, write_array
from codecorpus.pipelines.stages.base import Stage, Summary
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import ALONE, MatchCopies
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles, values
from codecorpus.pipelines.storage.digests import FileDigest

_KEYS_A_TASK = 1 << 24
"""Keys of a band that one task sorts at once: about 0.6 GB while it does."""

_PAIRS_A_TASK = 1 << 24
"""Pairs that one task verifies, duplicates between bands counted."""

_SKETCH_BYTES = 1 << 29
"""Bytes of sketches that a task holds at most."""


class ProposePairs(Stage):
    """One task a range of the keys of a band; of most builds, one a band."""

    name = "propose pairs"

    def weights(self, build: Build) -> list[int]:
        """As many equal tasks as bands, times ranges."""
        near = build.recipe.deduplicate.near
        return [1] * (_bands(near) * _ranges(build)) if near else []

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Summary:
        """Write the pairs that agree in one band, in order."""
        del counters
        band, part = divmod(index, _ranges(build))
        keys, numbers = _keys(build, f"band_{band:02d}", part)
        buckets = group(keys)
        del keys
        name, count = f"{index:05d}.npy", buckets.pairs
        with array_writer(build, self.name, name, np.uint64, (count,), digests) as file:
            for block in buckets.blocks():
                better, worse = unpack(block)
                file.write(pack(numbers[better], numbers[worse]))
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
    """One task a range of the pairs, of about as many each.

    Its arrays: `similar`, `matches` and `doubtful` as of `Judged`, and `named`, uint32: the files
    that doubtful pairs name.
    """

    name = "verify pairs"

    def weights(self, build: Build) -> list[int]:
        """As many tasks as the pairs of all bands fill."""
        total = sum(count for _, count in _proposed(build))
        return [1] * -(-total // _PAIRS_A_TASK)

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Summary:
        """Write what the sketches say of each pair."""
        del counters
        near = build.recipe.deduplicate.near
        assert near
        arrays = [
            map_array(build, ProposePairs.name, f"{task:05d}.npy")
            for task, count in _proposed(build)
            if count
        ]
        pieces = cut(arrays, len(self.weights(build)))[index]
        judged = _join(list(_judge(build, near, pieces)))
        files = map_array(build, MatchCopies.name, "file.npy")
        named = np.unique(files[np.concatenate(unpack(judged.doubtful))])
        for name, array in (
            ("similar", judged.similar),
            ("matches", judged.matches),
            ("doubtful", judged.doubtful),
            ("named", named),
        ):
            write_array(build, self.name, f"{index:05d}-{name}.npy", array, digests)
        return {
            "pairs": judged.compared,
            "similar": len(judged.similar),
            "doubtful": len(judged.doubtful),
        }


def _bands(near: Near) -> int:
    return choose(near.threshold, near.permutations).bands


def _ranges(build: Build) -> int:
    """Into how many ranges the keys of each band are cut."""
    compared: int = build.summary(MatchCopies.name, 0)["compared"]
    return max(-(-compared // _KEYS_A_TASK), 1)


def _proposed(build: Build) -> list[tuple[int, int]]:
    """The tasks of `ProposePairs` and how many pairs each has written."""
    tasks = range(len(ProposePairs().weights(build)))
    return [(task, build.summary(ProposePairs.name, task)["pairs"]) for task in tasks]


def _keys(build: Build, band: str, part: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """The keys of a band that lie in one range, and the numbers of the files, ascending."""
    place = map_array(build, MatchCopies.name, "place.npy")
    ranges = np.uint64(_ranges(build))
    half = np.uint64(32)
    numbers = [np.empty(0, np.uint32)]
    keys = [np.empty(0, np.uint64)]
    for rows, batch in KeptFiles(build).batches(band):
        here, found = np.asarray(place[rows]), values(batch[band])
        wanted = (here != ALONE) & ((found >> half) * ranges >> half == np.uint64(part))
        numbers.append(here[wanted])
        keys.append(found[wanted])
    ordered = np.concatenate(numbers).astype(np.uint64)
    order = np.arange(len(ordered), dtype=np.uint32)
    sort_along(ordered, order)
    return np.concatenate(keys)[order], ordered.astype(np.uint32)


def _judge(build: Build, near: Near, pieces: list[NDArray[np.uint64]]) -> Iterator[Judged]:
    """Compare whole sketches, as many pairs at a time as memory allows."""
    needed = matches_needed(near.threshold, near.permutations)
    low, high = doubtful(near.threshold, near.permutations, errors=near.exact_margin)
    kept = KeptFiles(build)
    files = map_array(build, MatchCopies.name, "file.npy")
    for pairs in merge(pieces, size=_SKETCH_BYTES // (2 * near.permutations)):
        matched = _matches(kept, files, pairs)
        unsure = (low <= matched) & (matched <= high)
        similar = (matched >= needed) & ~unsure
        yield Judged(pairs[similar], matched[similar].astype(np.uint16), pairs[unsure], len(pairs))


def _matches(
    kept: KeptFiles, files: NDArray[np.uint32], pairs: NDArray[np.uint64]
) -> NDArray[np.int32]:
    """How many positions of each pair's sketches agree; sketches are gathered part by part."""
    better, worse = unpack(pairs)
    involved, at = np.unique(np.concatenate((files[better], files[worse])), return_inverse=True)
    return matches(kept.take("sketch", involved), at[: len(better)], at[len(better) :])


def _join(judged: list[Judged]) -> Judged:
    return Judged(
        np.concatenate([np.empty(0, np.uint64), *(some.similar for some in judged)]),
        np.concatenate([np.empty(0, np.uint16), *(some.matches for some in judged)]),
        np.concatenate([np.empty(0, np.uint64), *(some.doubtful for some in judged)]),
        sum(some.compared for some in judged),
    )
