"""Chooses the files to keep: greedily, most preferred first, on the graph of similar pairs."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.candidates import unpack_pairs
from codecorpus.filters.near_duplicates.survivors import SURVIVOR, Survivors
from codecorpus.filters.near_duplicates.verification import estimate_similarity
from codecorpus.pipelines.recipe.model import Near
from codecorpus.pipelines.stages.arrays import array_writer, map_array, write_array
from codecorpus.pipelines.stages.artifacts import (
    CHOOSE_SURVIVORS,
    EARLIER,
    EXACT,
    KEPT,
    MATCH_COPIES,
    NEAR,
    NOT_COMPARED,
    SETTLE_PAIRS,
    VERIFY_PAIRS,
    ChooseSummary,
)
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.dedup_result import COLUMNS
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles, values
from codecorpus.pipelines.stages.deduplicate.pair_tasks import verify_tasks
from codecorpus.pipelines.storage.digests import FileDigest


class ChooseSurvivors(Stage):
    """Chooses the files to keep; one task, which writes the `DedupResult` of all files."""

    artifacts = CHOOSE_SURVIVORS

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> ChooseSummary:
        """Write for each file whether it is kept, the file it duplicates, and their similarity."""
        del index, counters
        files = KeptFiles(build)
        best = np.asarray(map_array(build, MATCH_COPIES.best))
        survivor = np.arange(len(best), dtype=np.uint32)
        similarity = np.ones(len(best))
        near = build.recipe.deduplicate.near
        if near:
            survivor, similarity = _choose(build, near, len(best))
        content = np.asarray(map_array(build, MATCH_COPIES.content))
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(
                    array_writer(
                        build, CHOOSE_SURVIVORS.column(name), dtype, (len(files), *shape), digests
                    )
                )
                for name, (dtype, shape) in COLUMNS.items()
            }
            for batch in _result_batches(files, content, best, survivor, similarity):
                for name, array in batch.items():
                    writers[name].write(array)
        write_array(build, CHOOSE_SURVIVORS.column("offsets"), files.offsets, digests)
        itself = np.arange(len(best), dtype=np.uint32)
        return {"kept": int(np.count_nonzero(survivor == itself))}


def _choose(
    build: Build, near: Near, contents: int
) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """The survivor of each content (itself if it is kept), and the similarity to the survivor."""
    compared = np.asarray(map_array(build, MATCH_COPIES.compared))
    chosen = Survivors(len(compared), np.float64)
    for pairs, jaccard in _similar(build, near):
        chosen.add_pairs(*unpack_pairs(pairs), jaccard)
    survivor = np.arange(contents, dtype=np.uint32)
    similarity = np.ones(contents)
    gone = np.flatnonzero(chosen.duplicate_of != SURVIVOR)
    survivor[compared[gone]] = compared[chosen.duplicate_of[gone]]
    similarity[compared[gone]] = chosen.score[gone]
    same_sketch = map_array(build, MATCH_COPIES.same_sketch)
    return survivor[same_sketch], similarity[same_sketch]


def _similar(build: Build, near: Near) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.float64]]]:
    """All similar pairs, ascending, with their similarity: exact if settled, else estimated."""
    for task in range(verify_tasks(build)):
        by_sketch = map_array(build, VERIFY_PAIRS.similar(task))
        matched = map_array(build, VERIFY_PAIRS.matches(task))
        by_text = map_array(build, SETTLE_PAIRS.similar(task))
        jaccard = map_array(build, SETTLE_PAIRS.jaccard(task))
        pairs = np.concatenate((by_sketch, by_text))
        similarity = np.concatenate((estimate_similarity(matched, near.permutations), jaccard))
        order = np.argsort(pairs, kind="stable")
        yield pairs[order], similarity[order]


def _result_batches(
    files: KeptFiles,
    content: NDArray[np.uint32],
    best: NDArray[np.uint32],
    survivor: NDArray[np.uint32],
    similarity: NDArray[np.float64],
) -> Iterator[dict[str, NDArray[Any]]]:
    """The columns of `DedupResult` for all files, batch by batch.

    Args:
        files: n files.
        content: uint32[n], the content of each file, or NOT_COMPARED.
        best: uint32[contents], the preferred file of each content.
        survivor: uint32[contents], the content that is kept instead, or the content itself.
        similarity: float64[contents], to the survivor.
    """
    named = _named(content, best, survivor)
    ids, row = files.take("content_id", named), files.take("row", named)
    for rows, batch in files.batches("content_id", "row"):
        contents = content[rows]
        is_earlier = contents == NOT_COMPARED
        contents = np.where(is_earlier, np.uint32(0), contents)
        numbers = np.arange(rows.start, rows.stop)
        copy = best[contents] != numbers
        kept = survivor[contents] == contents
        of = np.where((copy | ~kept) & ~is_earlier, best[survivor[contents]], numbers)
        removed = np.flatnonzero(of != numbers)
        at = np.searchsorted(named, of[removed].astype(np.uint32))
        content_id = values(batch["content_id"])
        of_content, of_row = content_id.copy(), values(batch["row"]).copy()
        of_content[removed], of_row[removed] = ids[at], row[at]
        kind = np.where(copy, EXACT, np.where(kept, KEPT, NEAR))
        yield {
            "kind": np.where(is_earlier, EARLIER, kind),
            "similarity": np.where(is_earlier, 1.0, similarity[contents]),
            "content_id": content_id,
            "of_content": of_content,
            "of_part": np.searchsorted(files.offsets, of, side="right") - 1,
            "of_row": of_row,
        }


def _named(
    content: NDArray[np.uint32], best: NDArray[np.uint32], survivor: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """The files that have duplicates, ascending."""
    copies = np.bincount(content[content != NOT_COMPARED], minlength=len(best)) > 1
    removed = survivor != np.arange(len(survivor), dtype=np.uint32)
    named = np.zeros(len(best), np.bool_)
    named[survivor[copies | removed]] = True
    return np.sort(best[named])
