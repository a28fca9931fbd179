"""Files with one content, then contents with one sketch, count once; numbers by preference, 0 best.

One task over arrays of some words a file; names and sketches are looked at part by part. From here
on the numbers say who is preferred, and nothing depends on parts any more.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.identical_sketches import (
    find_representatives,
    hash_sketches,
)
from codecorpus.filters.near_duplicates.radix_sort import argsort_rows, number_distinct_rows
from codecorpus.filters.ranking import license_rank, pack_keys
from codecorpus.pipelines.stages.arrays import write_array
from codecorpus.pipelines.stages.artifacts import MATCH_COPIES, NOT_COMPARED, MatchSummary
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles, values
from codecorpus.pipelines.stages.deduplicate.source_priority import of_earlier_sources
from codecorpus.pipelines.storage.digests import FileDigest

_BLOCK = 1 << 19
"""Sketches, or names of files, that are held at once."""


class MatchCopies(Stage):
    """Numbers the distinct contents by preference; one task.

    Leaves the arrays of `artifacts.MATCH_COPIES`.
    """

    artifacts = MATCH_COPIES

    def weights(self, build: Build) -> list[int]:
        """One task."""
        del build
        return [1]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> MatchSummary:
        """Write the arrays."""
        del index, counters
        files = KeptFiles(build)
        content, best = number_files(build, files)
        arrays = {MATCH_COPIES.content: content, MATCH_COPIES.best: best}
        compared = best[:0]
        if build.recipe.deduplicate.near:
            alike, comparable = fold_sketches(files, best)
            itself = alike == np.arange(len(best), dtype=np.uint32)
            compared = np.flatnonzero(comparable & itself).astype(np.uint32)
            rank = np.full(len(files), NOT_COMPARED, np.uint32)
            rank[best[compared]] = np.arange(len(compared), dtype=np.uint32)
            arrays |= {
                MATCH_COPIES.same_sketch: alike,
                MATCH_COPIES.file: best[compared],
                MATCH_COPIES.rank: rank,
            }
        for name, array in {**arrays, MATCH_COPIES.compared: compared}.items():
            write_array(build, name, array, digests)
        return {"documents": len(files), "contents": len(best), "compared": len(compared)}


def number_files(build: Build, files: KeptFiles) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The content number of each file, and the best file of each content; numbers by preference.

    A file whose repository an earlier source has takes no part; its content is NOT_COMPARED.
    """
    ids = content_words(files)
    order = preference_order(build, files, ids)
    taken = of_earlier_sources(build, files)
    if taken.any():
        return _number_without(build, ids, order, taken)
    return _number(build, ids, order)


def _number(
    build: Build, ids: NDArray[np.uint64], order: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    if build.recipe.deduplicate.exact:
        return number_distinct_rows(ids, order)
    content = np.empty(len(order), np.uint32)
    content[order] = np.arange(len(order), dtype=np.uint32)
    return content, order


def _number_without(
    build: Build,
    ids: NDArray[np.uint64],
    order: NDArray[np.uint32],
    taken: NDArray[np.bool_],
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """As `_number`, but the content of files that are taken is NOT_COMPARED."""
    files = np.flatnonzero(~taken).astype(np.uint32)
    place = np.cumsum(~taken, dtype=np.uint32) - np.uint32(1)
    some, best = _number(build, ids[:, files], place[order[~taken[order]]])
    content = np.full(len(taken), NOT_COMPARED, np.uint32)
    content[files] = some
    return content, files[best]


def content_words(files: KeptFiles) -> NDArray[np.uint64]:
    """The content ids as three words that sort like them, uint64[3, n]."""
    words = np.empty((3, len(files)), np.uint64)
    for rows, batch in files.batches("content_id"):
        ids = values(batch["content_id"])
        for index, width in enumerate((8, 8, 4)):
            column = np.ascontiguousarray(ids[:, 8 * index : 8 * index + width])
            words[index, rows] = column.view(f">u{width}")[:, 0]
    return words


def preference_order(build: Build, files: KeptFiles, ids: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """The numbers of all files, uint32[n], the preferred first.

    By the recipe's policy, unknown stars and licences last; then content id, source, repository,
    path, part and row, so that there are no ties.
    """
    sources = _sources(build, files)
    keys: list[NDArray[Any]] = []
    for policy in build.recipe.deduplicate.prefer:
        if policy == "source":
            keys.append(sources)
        elif policy == "stars":
            keys.append(~files.numbers("stars"))  # -1 - stars: as `-` orders, and no overflow
        elif policy == "license":
            keys.append(_licenses(files))
        else:
            keys.append(~files.numbers("size"))
    words = [*pack_keys(keys), *ids, *pack_keys([sources])]
    del keys
    order = argsort_rows(words)
    _break_ties(files, order, words)
    return order


def fold_sketches(
    files: KeptFiles, best: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """The best content with the same sketch, itself if there is none better; which can be compared.

    Args:
        files: all of them.
        best: the best file of each content, by rank.
    """
    hashes = np.zeros((2, len(best)), np.uint64)
    comparable = np.zeros(len(best), np.bool_)
    for contents, batch, inside in _by_file(files, best, "comparable", "sketch"):
        comparable[contents] = values(batch["comparable"])[inside]
        hashes[:, contents] = hash_sketches(values(batch["sketch"])[inside])
    alike = find_representatives(hashes, comparable)
    del hashes
    _unfold_unequal(files, best, alike)
    return alike, comparable


def _by_file(
    files: KeptFiles, best: NDArray[np.uint32], *names: str
) -> Iterator[tuple[NDArray[np.uint32], pa.RecordBatch, NDArray[np.int64]]]:
    """Sweep over the best files: their contents, the batch they stand in, their rows in it."""
    content = np.full(len(files), NOT_COMPARED, np.uint32)
    content[best] = np.arange(len(best), dtype=np.uint32)
    for rows, batch in files.batches(*names):
        here = content[rows]
        inside = np.flatnonzero(here != NOT_COMPARED)
        yield here[inside], batch, inside


def _unfold_unequal(files: KeptFiles, best: NDArray[np.uint32], alike: NDArray[np.uint32]) -> None:
    """Let a content stand for itself if its sketch only hashes like its representative's."""
    folded = np.flatnonzero(alike != np.arange(len(alike), dtype=np.uint32))
    folded = folded[np.argsort(best[alike[folded]], kind="stable")]
    for begin in range(0, len(folded), _BLOCK):
        block = folded[begin : begin + _BLOCK]
        block = block[np.argsort(best[block])]
        kept = np.unique(best[alike[block]])
        sketches = files.take("sketch", kept)
        for wanted, inside, batch in files.found("sketch", files=best[block]):
            some = block[wanted]
            of = np.searchsorted(kept, best[alike[some]])
            unequal = (values(batch["sketch"])[inside] != sketches[of]).any(axis=1)
            alike[some[unequal]] = some[unequal]


def _break_ties(
    files: KeptFiles, order: NDArray[np.uint32], words: list[NDArray[np.uint64]]
) -> None:
    """Order, in place, the copies that all else leaves equal by repository, path, part and row.

    Only copies of one content can be equal so far, so only their names are looked at, some hundred
    thousand at a time; where a name is null it comes last.
    """
    begins = np.ones(len(order), np.bool_)  # a run of equal files begins here
    begins[1:] = False
    for word in words:
        ordered = word[order]
        begins[1:] |= ordered[1:] != ordered[:-1]
    alone = begins & np.append(begins[1:], True)
    tied = np.flatnonzero(~alone)
    del alone
    runs = np.flatnonzero(begins[tied])
    for begin, end in _blocks(runs, len(tied)):
        places = tied[begin:end]
        numbers = order[places]
        group = np.cumsum(begins[places])
        ascending = np.argsort(numbers)
        table = files.names(numbers[ascending]).combine_chunks()
        table = table.append_column("group", pa.array(group[ascending]))
        table = table.append_column("number", pa.array(numbers[ascending]))
        keys = [(name, "ascending") for name in ("group", "repository", "path", "number")]
        order[places] = numbers[ascending[pc.sort_indices(table, sort_keys=keys).to_numpy()]]


def _blocks(runs: NDArray[np.int64], end: int) -> Iterator[tuple[int, int]]:
    """Cut `end` entries into blocks of `_BLOCK` and more, between runs that begin at `runs`."""
    begin = 0
    while begin < end:
        at = np.searchsorted(runs, begin + _BLOCK)
        stop = int(runs[at]) if at < len(runs) else end
        yield begin, stop
        begin = stop


def _sources(build: Build, files: KeptFiles) -> NDArray[np.int32]:
    """int32[n], the position of each file's source in the recipe."""
    sources = np.array([part.source for part in build.plan.parts], np.int32)
    return np.repeat(sources, np.diff(files.offsets))


def _licenses(files: KeptFiles) -> NDArray[np.uint8]:
    """uint8[n], as `license_rank`."""
    ranks = np.empty(len(files), np.uint8)
    for rows, batch in files.batches("license"):
        ranks[rows] = license_rank(pa.chunked_array([batch["license"]]))
    return ranks
