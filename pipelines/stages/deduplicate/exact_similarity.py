"""Decides pairs near the threshold by the exact Jaccard similarity of their texts.

First, part by part, compute the shingle sets of the files in such pairs: each part's documents are
read at most once, and only the row groups that contain such files. Then, by ranges of pairs,
compare the sets. A task holds a few hundred megabytes of them, whatever the sizes of the files,
unless two sets alone are larger. A set takes 8 bytes per shingle, about as much as the text.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.candidates import unpack_pairs
from codecorpus.filters.near_duplicates.shingles import shingle
from codecorpus.filters.near_duplicates.verification import jaccard
from codecorpus.foundation.columns import ByteColumn
from codecorpus.pipelines.corpus.layout import DOCUMENTS
from codecorpus.pipelines.stages.arrays import map_array, write_array
from codecorpus.pipelines.stages.artifacts import (
    MATCH_COPIES,
    SETTLE_PAIRS,
    SHINGLE_DOUBTFUL,
    VERIFY_PAIRS,
    SettleSummary,
    ShingleSummary,
)
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles
from codecorpus.pipelines.stages.deduplicate.pair_tasks import verify_tasks
from codecorpus.pipelines.storage.digests import FileDigest

_TEXT = 8 << 20
"""Maximum bytes of text shingled at once; a larger file is shingled alone."""

_SHINGLES = 1 << 25
"""Maximum number of shingles held at once to compare sets: 256 MB."""


class ShingleDoubtful(Stage):
    """One task per part if there are pairs: the shingle sets of files in doubtful pairs."""

    artifacts = SHINGLE_DOUBTFUL
    by_part = True

    def weights(self, build: Build) -> list[int]:
        """Equal tasks: few files of a part are in doubtful pairs."""
        return [1] * len(build.plan.parts) if verify_tasks(build) else []

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> ShingleSummary:
        """Write the sets of one part."""
        del counters
        near = build.recipe.deduplicate.near
        assert near
        begin, end = KeptFiles(build).offsets[index : index + 2].tolist()
        files = _named(build, begin, end)
        offsets = [np.zeros(1, np.int64)]
        hashes = [np.empty(0, np.uint64)]
        for texts in _texts(build, index, files - begin):
            sets = shingle(texts, near.ngram).distinct()
            offsets.append(sets.offsets[1:] + offsets[-1][-1])
            hashes.append(sets.hashes)
        table = np.stack([np.append(files, end), np.concatenate(offsets)])
        write_array(build, SHINGLE_DOUBTFUL.sets(index), table, digests)
        write_array(build, SHINGLE_DOUBTFUL.hashes(index), np.concatenate(hashes), digests)
        return {"named": len(files)}


class SettlePairs(Stage):
    """One task for each task of `VerifyPairs`: decides its doubtful pairs."""

    artifacts = SETTLE_PAIRS

    def weights(self, build: Build) -> list[int]:
        """Number of doubtful pairs."""
        tasks = range(verify_tasks(build))
        return [1 + build.summary(VERIFY_PAIRS, task)["doubtful"] for task in tasks]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> SettleSummary:
        """Write the pairs that are similar."""
        del counters
        near = build.recipe.deduplicate.near
        assert near
        pairs = np.asarray(map_array(build, VERIFY_PAIRS.doubtful(index)))
        found = np.concatenate([np.empty(0), *_jaccard(build, index, pairs)])
        similar = found >= near.threshold
        write_array(build, SETTLE_PAIRS.similar(index), pairs[similar], digests)
        write_array(build, SETTLE_PAIRS.jaccard(index), found[similar], digests)
        return {"settled": len(pairs), "similar": int(similar.sum())}


def _named(build: Build, begin: int, end: int) -> NDArray[np.int64]:
    """The files from `begin` to `end` that are in doubtful pairs, ascending."""
    named = build.cached("named", lambda: _all_named(build))
    return named[slice(*np.searchsorted(named, np.array([begin, end], np.uint32)))].astype(np.int64)


def _all_named(build: Build) -> NDArray[np.uint32]:
    """All files in doubtful pairs, ascending; read once per process, not once per part."""
    tasks = range(verify_tasks(build))
    found = [map_array(build, VERIFY_PAIRS.doubtful_files(task)) for task in tasks]
    return np.unique(np.concatenate([np.empty(0, np.uint32), *found]))


def _texts(build: Build, part: int, rows: NDArray[np.int64]) -> Iterator[ByteColumn]:
    """The texts of the given documents of a part, in blocks of about `_TEXT` bytes.

    Args:
        build: the build to read.
        part: the part to read.
        rows: positions among the part's documents, ascending.
    """
    if not len(rows):
        return
    with pq.ParquetFile(build.folder.path(build.part_file(DOCUMENTS, part))) as file:
        begin = 0
        for group in range(file.num_row_groups):
            end = begin + file.metadata.row_group(group).num_rows
            selected = rows[slice(*np.searchsorted(rows, (begin, end)))] - begin
            if len(selected):
                table = file.read_row_group(group, columns=["text"], use_threads=False)
                column = ByteColumn.from_arrow(table["text"].combine_chunks()).select(selected)
                for first, last in _split(column.sizes, _TEXT):
                    yield column.select(np.arange(first, last))
            begin = end


def _jaccard(build: Build, task: int, pairs: NDArray[np.uint64]) -> Iterator[NDArray[np.float64]]:
    """The exact similarities of a task's doubtful pairs, block by block."""
    files = map_array(build, MATCH_COPIES.file)
    better, worse = (files[numbers].astype(np.int64) for numbers in unpack_pairs(pairs))
    named = np.asarray(map_array(build, VERIFY_PAIRS.doubtful_files(task)))
    sizes = _set_sizes(build, named.astype(np.int64))
    left, right = np.searchsorted(named, better), np.searchsorted(named, worse)
    cost = sizes[right]
    fresh = np.ones(len(left), np.bool_)  # a better file is followed by all its pairs
    fresh[1:] = left[1:] != left[:-1]
    cost[fresh] += sizes[left[fresh]]
    for first, last in _split(cost, _SHINGLES):
        mine = slice(first, last)
        involved, at = np.unique(np.concatenate((better[mine], worse[mine])), return_inverse=True)
        hashes, offsets = _sets(build, involved)
        yield jaccard(hashes, offsets, at[: last - first], at[last - first :])


def _set_sizes(build: Build, files: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of shingles of each of the files, which are ascending."""
    sizes = [np.empty(0, np.int64)]
    for _, table, rows in _tables(build, files):
        sizes.append(table[1, rows + 1] - table[1, rows])
    return np.concatenate(sizes)


def _sets(build: Build, files: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The shingle sets of the files, ascending: concatenated hashes, and int64[n + 1] offsets."""
    found = [np.empty(0, np.uint64)]
    sizes = [np.zeros(1, np.int64)]
    for part, table, rows in _tables(build, files):
        hashes = map_array(build, SHINGLE_DOUBTFUL.hashes(part))
        begins, ends = table[1, rows], table[1, rows + 1]
        sizes.append(ends - begins)
        spans = zip(begins.tolist(), ends.tolist(), strict=True)
        found += [hashes[begin:end].copy() for begin, end in spans]
    return np.concatenate(found), np.cumsum(np.concatenate(sizes))


def _tables(
    build: Build, files: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """For each part with any of the files (ascending): number, `sets`, and the files' columns."""
    kept = KeptFiles(build)
    for part in kept.parts_of(files).tolist():
        table = np.asarray(map_array(build, SHINGLE_DOUBTFUL.sets(part)))
        here = files[slice(*np.searchsorted(files, kept.offsets[part : part + 2]))]
        yield part, table, np.searchsorted(table[0], here)


def _split(sizes: NDArray[np.int64], limit: int) -> Iterator[tuple[int, int]]:
    """Split entries into ranges whose sizes add up to at most `limit`, or of one larger entry."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = ends[first] - sizes[first]
        last = max(int(np.searchsorted(ends, before + limit, side="right")), first + 1)
        yield first, last
        first = last
