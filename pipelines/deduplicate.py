"""Who is a duplicate of whom, without moving any text.

    match copies       files with one content id, then one sketch, count once; the rest is numbered
                       by preference, 0 the best
    propose pairs      one task a band: files whose keys of that band agree
    verify pairs       one task a range of files: the pairs of all bands, each once, whose sketches
                       agree as much as the threshold asks
    choose survivors   best first; a file goes only if it is itself similar to one that stays

The answer depends on the set of files alone: every number is a rank by the recipe's policy, with
content id, source, repository, path, part and row to break ties.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.near_duplicates.bands import choose
from filters.near_duplicates.candidates import pairs
from filters.near_duplicates.survivors import choose_survivors, fold
from filters.near_duplicates.verification import estimate, matches, matches_needed
from filters.preference import license_rank
from pipelines.arrays import map_array, write_array
from pipelines.context import Build
from pipelines.counters import Counters
from pipelines.kept import KeptFiles
from pipelines.recipe.model import Near
from pipelines.storage import FileDigest
from pipelines.tasks import Stage, Summary

KEPT, EXACT, NEAR = 0, 1, 2
"""What became of a kept file."""

_PAIRS_A_TASK = 1 << 24
"""Pairs that one task verifies at once, duplicates between bands counted: 128 MB of them."""


class MatchCopies(Stage):
    """Numbers the distinct contents by preference; one task."""

    name = "match copies"

    def weights(self, build: Build) -> list[int]:
        """One task."""
        del build
        return [1]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Summary:
        """Write, for each file, the number of its content, and for each content its best file."""
        del index, counters
        files = KeptFiles(build)
        order = preference_order(build, files)
        contents, best = number_contents(build, files, order)
        write_array(build, self.name, "content.npy", contents, digests)
        write_array(build, self.name, "best.npy", best, digests)
        compared = best[:0]
        if isinstance(build.recipe.deduplicate.near, Near):
            comparable = files.column("comparable").to_numpy()[best]
            sketches = files.fixed("sketch", best)
            alike = fold(sketches, ~comparable)
            write_array(build, self.name, "alike.npy", alike, digests)
            compared = np.flatnonzero(comparable & (alike == np.arange(len(best))))
        write_array(build, self.name, "compared.npy", compared, digests)
        return {"files": len(files), "contents": len(best), "compared": len(compared)}


class ProposePairs(Stage):
    """One task a band of the signatures."""

    name = "propose pairs"

    def weights(self, build: Build) -> list[int]:
        """As many equal tasks as there are bands."""
        near = build.recipe.deduplicate.near
        return [1] * choose(near.threshold, near.permutations).bands if near else []

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Summary:
        """Write the pairs that agree in one band, as `better << 32 | worse`, in order."""
        del counters
        compared = map_array(build, MatchCopies.name, "compared.npy")
        best = map_array(build, MatchCopies.name, "best.npy")
        keys = KeptFiles(build).numbers(f"band_{index:02d}")[best[compared]]
        found = pairs(keys)
        write_array(build, self.name, f"{index:02d}.npy", found.pairs, digests)
        return {"pairs": len(found.pairs), "capped": found.capped}


class VerifyPairs(Stage):
    """One task a range of the better files, of about as many pairs each."""

    name = "verify pairs"

    def weights(self, build: Build) -> list[int]:
        """As many tasks as the pairs of all bands fill."""
        proposed = _summaries(build, ProposePairs())
        total = sum(summary["pairs"] for summary in proposed)
        return [1] * -(-total // _PAIRS_A_TASK)

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Summary:
        """Write better, worse and matching positions of the pairs that hold."""
        del counters
        near = build.recipe.deduplicate.near
        assert isinstance(near, Near)
        tasks = len(self.weights(build))
        compared = map_array(build, MatchCopies.name, "compared.npy")
        bounds = np.linspace(0, len(compared), tasks + 1).astype(np.uint64) << np.uint64(32)
        bands = len(ProposePairs().weights(build))
        proposed = [map_array(build, ProposePairs.name, f"{band:02d}.npy") for band in range(bands)]
        mine = [band[slice(*np.searchsorted(band, bounds[index : index + 2]))] for band in proposed]
        distinct = np.unique(np.concatenate(mine))
        better = (distinct >> np.uint64(32)).astype(np.int64)
        worse = (distinct & np.uint64(0xFFFFFFFF)).astype(np.int64)
        involved, at = np.unique(np.concatenate((better, worse)), return_inverse=True)
        best = map_array(build, MatchCopies.name, "best.npy")
        sketches = KeptFiles(build).fixed("sketch", best[compared[involved]])
        agreeing = matches(sketches, at[: len(better)], at[len(better) :])
        holds = agreeing >= matches_needed(near.threshold, near.permutations)
        edges = np.stack([compared[better[holds]], compared[worse[holds]], agreeing[holds]])
        write_array(build, self.name, f"{index:05d}.npy", edges, digests)
        return {"pairs": len(distinct), "similar": int(holds.sum())}


class ChooseSurvivors(Stage):
    """Decides which files stay; one task, over arrays."""

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
        content = map_array(build, MatchCopies.name, "content.npy")
        best = map_array(build, MatchCopies.name, "best.npy")
        survivor = np.arange(len(best))
        similarity = np.ones(len(best))
        near = build.recipe.deduplicate.near
        if isinstance(near, Near):
            survivor, similarity = self._near(build, near, len(best))
        kept = survivor == np.arange(len(best))
        numbers = np.arange(len(content))
        of = best[survivor[content]]
        kind = np.where(best[content] != numbers, EXACT, np.where(kept[content], KEPT, NEAR))
        files = KeptFiles(build)
        for name, array in (
            ("kind.npy", kind.astype(np.uint8)),
            ("similarity.npy", similarity[content]),
            ("content_id.npy", files.fixed("content_id")),
            ("of_content.npy", files.fixed("content_id", of)),
            ("of_part.npy", files.parts(of)),
            ("of_row.npy", files.numbers("row")[of]),
            ("offsets.npy", files.offsets),
        ):
            write_array(build, self.name, name, array, digests)
        return {"kept": int(kept.sum())}

    def _near(
        self, build: Build, near: Near, contents: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        tasks = len(VerifyPairs().weights(build))
        edges = [map_array(build, VerifyPairs.name, f"{task:05d}.npy") for task in range(tasks)]
        better, worse, agreeing = np.concatenate([np.empty((3, 0), np.int64), *edges], axis=1)
        chosen = choose_survivors(contents, better, worse, agreeing)
        itself = np.arange(contents)
        gone = chosen.of >= 0
        survivor = np.where(gone, chosen.of, itself)
        similarity = np.where(gone, estimate(chosen.match, near.permutations), 1.0)
        alike = map_array(build, MatchCopies.name, "alike.npy")
        return survivor[alike], similarity[alike]


def preference_order(build: Build, files: KeptFiles) -> NDArray[np.int64]:
    """The numbers of all files, the preferred first.

    By the recipe's policy, unknown stars and licences last; then content id, source, repository,
    path, part and row, so that there are no ties.
    """
    keys: list[NDArray[Any]] = []
    sources = _sources(build, files)
    for policy in build.recipe.deduplicate.prefer:
        if policy == "source":
            keys.append(sources)
        elif policy == "stars":
            keys.append(-files.numbers("stars").astype(np.int64))
        elif policy == "license":
            keys.append(license_rank(files.column("license")))
        else:
            keys.append(-files.numbers("size"))
    ids = files.fixed("content_id")
    words = [
        ids[:, at : at + 4].copy().view(">u4")[:, 0].astype(np.uint32) for at in range(0, 20, 4)
    ]
    order = np.lexsort([*reversed([*keys, *words, sources])])
    return _break_ties(files, order, [*keys, *words, sources])


def number_contents(
    build: Build, files: KeptFiles, order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The content number of each file, and the best file of each content; numbers by preference."""
    if not build.recipe.deduplicate.exact:
        content = np.empty(len(order), np.int64)
        content[order] = np.arange(len(order))
        return content, order
    ids = np.ascontiguousarray(files.fixed("content_id")).view("V20")[:, 0]
    _, first, group = np.unique(ids[order], return_index=True, return_inverse=True)
    ranks = np.argsort(first, kind="stable")  # groups by the rank of their best file
    number = np.empty(len(ranks), np.int64)
    number[ranks] = np.arange(len(ranks))
    content = np.empty(len(order), np.int64)
    content[order] = number[group]
    return content, order[first[ranks]]


def _break_ties(
    files: KeptFiles, order: NDArray[np.int64], keys: list[NDArray[Any]]
) -> NDArray[np.int64]:
    """Order the copies that all else leaves equal by repository, path, part and row.

    Only copies of one content can be equal so far, so only their names are looked at.
    """
    same = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        ordered = key[order]
        same &= ordered[1:] == ordered[:-1]
    if not same.any():
        return order
    tied = np.zeros(len(order), bool)
    tied[1:] |= same
    tied[:-1] |= same
    group = np.concatenate(([0], np.cumsum(~same)))[tied]
    numbers = order[tied]
    table = pa.table(
        {
            "group": group,
            "repository": files.column("repository").take(pa.array(numbers)),
            "path": files.column("path").take(pa.array(numbers)),
            "number": numbers,
        }
    )
    keys_in_order = [(name, "ascending") for name in ("group", "repository", "path", "number")]
    order = order.copy()
    order[tied] = numbers[pc.sort_indices(table, sort_keys=keys_in_order).to_numpy()]
    return order


def _sources(build: Build, files: KeptFiles) -> NDArray[np.int32]:
    """int32[n], the position of each file's source in the recipe."""
    sources = np.array([part.source for part in build.plan.parts], np.int32)
    return np.repeat(sources, np.diff(files.offsets))


def _summaries(build: Build, stage: Stage) -> list[Summary]:
    return [build.summary(stage.name, index) for index in range(len(stage.weights(build)))]
