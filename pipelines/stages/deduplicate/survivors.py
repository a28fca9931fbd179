"""Who is a duplicate of whom, without moving any text.

    match copies       files of repositories that an earlier source has go; those with one content
                       id, then one sketch, count once; the rest is numbered by preference, 0 the
                       best
    propose pairs      one task a band: files whose keys of that band agree
    verify pairs       one task a range of pairs: those of all bands, each once, whose sketches
                       agree as much as the threshold asks, or nearly as much
    shingle doubtful   one task a part: the sets of shingles of files in pairs near the threshold
    settle pairs       one task a range of pairs: the exact similarity of those near the threshold
    choose survivors   best first; a file goes only if it is itself similar to one that stays

The answer depends on the set of files alone: every number is a rank by the recipe's policy, with
content id, source, repository, path, part and row to break ties.

A file whose sketch equals that of a better one takes its fate: it goes as a duplicate of that one,
similarity 1.0, or of the one that that one goes for, with that one's similarity
(`filters.near_duplicates.identical_sketches` says how surely such files are alike).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.candidates import unpack
from codecorpus.filters.near_duplicates.survivors import STAYS, Choice
from codecorpus.filters.near_duplicates.verification import estimate
from codecorpus.pipelines.recipe.model import Near
from codecorpus.pipelines.stages.arrays import array_writer, map_array, write_array
from codecorpus.pipelines.stages.base import Stage, Summary
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.deduplicate.candidate_pairs import ProposePairs, VerifyPairs
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import ALONE, MatchCopies
from codecorpus.pipelines.stages.deduplicate.exact_similarity import SettlePairs, ShingleDoubtful
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles, values
from codecorpus.pipelines.storage.digests import FileDigest

__all__ = [
    "EARLIER",
    "EXACT",
    "KEPT",
    "NEAR",
    "STAGES",
    "ChooseSurvivors",
    "MatchCopies",
    "ProposePairs",
    "SettlePairs",
    "ShingleDoubtful",
    "VerifyPairs",
]

KEPT, EXACT, NEAR, EARLIER = 0, 1, 2, 3
"""What became of a file that curation kept; EARLIER: an earlier source has its repository."""


class ChooseSurvivors(Stage):
    """Decides which files stay; one task, over arrays.

    Its arrays, one entry a file: `kind` uint8, `similarity` float64, `content_id` uint8[20], and of
    the file that it duplicates, or of itself: `of_content` uint8[20], `of_part` int32, `of_row`
    int64; and `offsets`, int64[parts + 1], where each part's files begin.
    """

    name = "choose survivors"

    def weights(self, build: Build) -> list[int]:
        """One task."""
        del build
        return [1]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Summary:
        """Write, for each file: what becomes of it, which file it duplicates, how similar."""
        del index, counters
        files = KeptFiles(build)
        best = np.asarray(map_array(build, MatchCopies.name, "best.npy"))
        survivor = np.arange(len(best), dtype=np.uint32)
        similarity = np.ones(len(best))
        near = build.recipe.deduplicate.near
        if near:
            survivor, similarity = _choose(build, near, len(best))
        content = np.asarray(map_array(build, MatchCopies.name, "content.npy"))
        fates = _Fates(files, content, best, survivor, similarity)
        columns = {
            "kind": (np.uint8, ()),
            "similarity": (np.float64, ()),
            "content_id": (np.uint8, (20,)),
            "of_content": (np.uint8, (20,)),
            "of_part": (np.int32, ()),
            "of_row": (np.int64, ()),
        }
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(
                    array_writer(
                        build, self.name, f"{name}.npy", dtype, (len(files), *shape), digests
                    )
                )
                for name, (dtype, shape) in columns.items()
            }
            for batch in fates.batches():
                for name, array in batch.items():
                    writers[name].write(array)
        write_array(build, self.name, "offsets.npy", files.offsets, digests)
        itself = np.arange(len(best), dtype=np.uint32)
        return {"kept": int(np.count_nonzero(survivor == itself))}


STAGES: tuple[Stage, ...] = (
    MatchCopies(),
    ProposePairs(),
    VerifyPairs(),
    ShingleDoubtful(),
    SettlePairs(),
    ChooseSurvivors(),
)
"""The stages of deduplication, in their order."""


def _choose(
    build: Build, near: Near, contents: int
) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """The survivor of each content, itself if it stays, and how similar it is to that."""
    compared = np.asarray(map_array(build, MatchCopies.name, "compared.npy"))
    choice = Choice(len(compared), np.float64)
    for pairs, jaccard in _similar(build, near):
        choice.take(*unpack(pairs), jaccard)
    chosen = choice.survivors()
    survivor = np.arange(contents, dtype=np.uint32)
    similarity = np.ones(contents)
    gone = np.flatnonzero(chosen.of != STAYS)
    survivor[compared[gone]] = compared[chosen.of[gone]]
    similarity[compared[gone]] = chosen.match[gone]
    alike = map_array(build, MatchCopies.name, "alike.npy")
    return survivor[alike], similarity[alike]


def _similar(build: Build, near: Near) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.float64]]]:
    """All similar pairs, ascending, with their similarity: exact where settled, else estimated."""
    for task in range(len(VerifyPairs().weights(build))):
        by_sketch = map_array(build, VerifyPairs.name, f"{task:05d}-similar.npy")
        matched = map_array(build, VerifyPairs.name, f"{task:05d}-matches.npy")
        by_text = map_array(build, SettlePairs.name, f"{task:05d}-similar.npy")
        jaccard = map_array(build, SettlePairs.name, f"{task:05d}-jaccard.npy")
        pairs = np.concatenate((by_sketch, by_text))
        similarity = np.concatenate((estimate(matched, near.permutations), jaccard))
        order = np.argsort(pairs, kind="stable")
        yield pairs[order], similarity[order]


@dataclass(frozen=True)
class _Fates:
    """What becomes of each file, from what becomes of each content."""

    files: KeptFiles
    content: NDArray[np.uint32]
    best: NDArray[np.uint32]
    survivor: NDArray[np.uint32]
    similarity: NDArray[np.float64]

    def batches(self) -> Iterator[dict[str, NDArray[Any]]]:
        """The columns of `ChooseSurvivors`, batch by batch."""
        named = self._named()
        ids = self.files.take("content_id", named)
        row = self.files.take("row", named)
        for rows, batch in self.files.batches("content_id", "row"):
            content = self.content[rows]
            taken = content == ALONE
            content = np.where(taken, np.uint32(0), content)
            numbers = np.arange(rows.start, rows.stop)
            copy = self.best[content] != numbers
            kept = self.survivor[content] == content
            of = np.where((copy | ~kept) & ~taken, self.best[self.survivor[content]], numbers)
            gone = np.flatnonzero(of != numbers)
            at = np.searchsorted(named, of[gone].astype(np.uint32))
            content_id = values(batch["content_id"])
            of_content, of_row = content_id.copy(), values(batch["row"]).copy()
            of_content[gone], of_row[gone] = ids[at], row[at]
            kind = np.where(copy, EXACT, np.where(kept, KEPT, NEAR))
            yield {
                "kind": np.where(taken, EARLIER, kind),
                "similarity": np.where(taken, 1.0, self.similarity[content]),
                "content_id": content_id,
                "of_content": of_content,
                "of_part": np.searchsorted(self.files.offsets, of, side="right") - 1,
                "of_row": of_row,
            }

    def _named(self) -> NDArray[np.uint32]:
        """The files that others are duplicates of, ascending."""
        copies = np.bincount(self.content[self.content != ALONE], minlength=len(self.best)) > 1
        gone = self.survivor != np.arange(len(self.survivor), dtype=np.uint32)
        named = np.zeros(len(self.best), np.bool_)
        named[self.survivor[copies | gone]] = True
        return np.sort(self.best[named])
