"""Merges files with equal contents, then contents with equal sketches, and ranks them.

Contents are numbered by preference; 0 is the best. One task holds a few words per file, and reads
names and sketches part by part. Later stages compare ranks only and do not depend on parts.
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
from codecorpus.pipelines.stages.deduplicate.source_priority import in_earlier_source
from codecorpus.pipelines.storage.digests import FileDigest

_BLOCK = 1 << 19
"""Number of sketches, or of file names, that are held at once."""


class MatchCopies(Stage):
    """Numbers the distinct contents by preference; one task.

    Writes the arrays of `artifacts.MATCH_COPIES`.
    """

    artifacts = MATCH_COPIES

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
            same_sketch, comparable = find_identical_sketches(files, best)
            is_best = same_sketch == np.arange(len(best), dtype=np.uint32)
            compared = np.flatnonzero(comparable & is_best).astype(np.uint32)
            rank = np.full(len(files), NOT_COMPARED, np.uint32)
            rank[best[compared]] = np.arange(len(compared), dtype=np.uint32)
            arrays |= {
                MATCH_COPIES.same_sketch: same_sketch,
                MATCH_COPIES.file: best[compared],
                MATCH_COPIES.rank: rank,
            }
        for name, array in {**arrays, MATCH_COPIES.compared: compared}.items():
            write_array(build, name, array, digests)
        return {"documents": len(files), "contents": len(best), "compared": len(compared)}


def number_files(build: Build, files: KeptFiles) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The content of each file, and the best file of each content.

    Contents are numbered by preference. If an earlier source has a file's repository, the file is
    ignored and its content is NOT_COMPARED.
    """
    ids = content_words(files)
    order = preference_order(build, files, ids)
    ignored = in_earlier_source(build, files)
    if ignored.any():
        return _number_others(build, ids, order, ignored)
    return _number(build, ids, order)


def _number(
    build: Build, ids: NDArray[np.uint64], order: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    if build.recipe.deduplicate.exact:
        return number_distinct_rows(ids, order)
    content = np.empty(len(order), np.uint32)
    content[order] = np.arange(len(order), dtype=np.uint32)
    return content, order


def _number_others(
    build: Build,
    ids: NDArray[np.uint64],
    order: NDArray[np.uint32],
    ignored: NDArray[np.bool_],
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Like `_number`, but the content of ignored files is NOT_COMPARED."""
    files = np.flatnonzero(~ignored).astype(np.uint32)
    position = np.cumsum(~ignored, dtype=np.uint32) - np.uint32(1)
    numbers, best = _number(build, ids[:, files], position[order[~ignored[order]]])
    content = np.full(len(ignored), NOT_COMPARED, np.uint32)
    content[files] = numbers
    return content, files[best]


def content_words(files: KeptFiles) -> NDArray[np.uint64]:
    """uint64[3, n], the content ids as three words with the same sort order."""
    words = np.empty((3, len(files)), np.uint64)
    for rows, batch in files.batches("content_id"):
        ids = values(batch["content_id"])
        for index, width in enumerate((8, 8, 4)):
            column = np.ascontiguousarray(ids[:, 8 * index : 8 * index + width])
            words[index, rows] = column.view(f">u{width}")[:, 0]
    return words


def preference_order(build: Build, files: KeptFiles, ids: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """uint32[n], all file numbers, the most preferred first.

    Files are ordered by the recipe's policy, unknown stars and licences last; then by content id,
    source, repository, path, part and row, so that there are no ties.
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


def find_identical_sketches(
    files: KeptFiles, best: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Find contents with equal sketches.

    Args:
        files: all kept files.
        best: uint32[n], the best file of each content.

    Returns:
        uint32[n], the best content with the same sketch (perhaps the content itself); and bool[n],
        the contents with enough tokens to be compared.
    """
    hashes = np.zeros((2, len(best)), np.uint64)
    comparable = np.zeros(len(best), np.bool_)
    for contents, batch, inside in _by_file(files, best, "comparable", "sketch"):
        comparable[contents] = values(batch["comparable"])[inside]
        hashes[:, contents] = hash_sketches(values(batch["sketch"])[inside])
    same_sketch = find_representatives(hashes, comparable)
    del hashes
    _undo_hash_collisions(files, best, same_sketch)
    return same_sketch, comparable


def _by_file(
    files: KeptFiles, best: NDArray[np.uint32], *names: str
) -> Iterator[tuple[NDArray[np.uint32], pa.RecordBatch, NDArray[np.int64]]]:
    """Read the best files by batch: their contents, the batch, and their rows in it."""
    content = np.full(len(files), NOT_COMPARED, np.uint32)
    content[best] = np.arange(len(best), dtype=np.uint32)
    for rows, batch in files.batches(*names):
        here = content[rows]
        inside = np.flatnonzero(here != NOT_COMPARED)
        yield here[inside], batch, inside


def _undo_hash_collisions(
    files: KeptFiles, best: NDArray[np.uint32], same_sketch: NDArray[np.uint32]
) -> None:
    """Correct, in place, contents whose sketch has the same hash as another but is not equal."""
    merged = np.flatnonzero(same_sketch != np.arange(len(same_sketch), dtype=np.uint32))
    merged = merged[np.argsort(best[same_sketch[merged]], kind="stable")]
    for begin in range(0, len(merged), _BLOCK):
        block = merged[begin : begin + _BLOCK]
        block = block[np.argsort(best[block])]
        kept = np.unique(best[same_sketch[block]])
        sketches = files.take("sketch", kept)
        for selected, inside, batch in files.batches_with("sketch", files=best[block]):
            contents = block[selected]
            at = np.searchsorted(kept, best[same_sketch[contents]])
            unequal = (values(batch["sketch"])[inside] != sketches[at]).any(axis=1)
            same_sketch[contents[unequal]] = contents[unequal]


def _break_ties(
    files: KeptFiles, order: NDArray[np.uint32], words: list[NDArray[np.uint64]]
) -> None:
    """Order files with equal words by repository, path, part and row, in place; nulls come last.

    Only copies of one content can have equal words, so only their names are read, a few hundred
    thousand at a time.
    """
    begins = np.ones(len(order), np.bool_)  # a run of equal files begins
    begins[1:] = False
    for word in words:
        ordered = word[order]
        begins[1:] |= ordered[1:] != ordered[:-1]
    unique = begins & np.append(begins[1:], True)
    tied = np.flatnonzero(~unique)
    del unique
    runs = np.flatnonzero(begins[tied])
    for begin, end in _blocks(runs, len(tied)):
        positions = tied[begin:end]
        numbers = order[positions]
        group = np.cumsum(begins[positions])
        ascending = np.argsort(numbers)
        table = files.names(numbers[ascending]).combine_chunks()
        table = table.append_column("group", pa.array(group[ascending]))
        table = table.append_column("number", pa.array(numbers[ascending]))
        keys = [(name, "ascending") for name in ("group", "repository", "path", "number")]
        order[positions] = numbers[ascending[pc.sort_indices(table, sort_keys=keys).to_numpy()]]


def _blocks(runs: NDArray[np.int64], end: int) -> Iterator[tuple[int, int]]:
    """Split `end` entries into blocks of at least `_BLOCK`; a new block begins only with a run."""
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
    """uint8[n], the `license_rank` of each file."""
    ranks = np.empty(len(files), np.uint8)
    for rows, batch in files.batches("license"):
        ranks[rows] = license_rank(pa.chunked_array([batch["license"]]))
    return ranks
