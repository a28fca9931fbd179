"""Ten million synthetic sketches: the output of curation, for files that do not exist.

Of the contents:

    5 %   have the same sketch
    10 %  have only their key of one band in common: a bucket of a million at 10 million
    1 %   are one cluster, in which two contents have a similarity of 0.86 on average
    30 %  are in clusters of Pareto-distributed sizes (exponent 1.2), with similarities of 0.55 to 1
    54 %  have nothing in common with others

On average every fourth content has a copy, and some have many thousand; a copy differs only in
name, stars and licence. Signatures are drawn position by position, with the probability that
corresponds to the Jaccard similarity, so sketches and keys are related as in real data. Files are
in parts of 4,096, in an order unrelated to all this. There are no texts, so no pair is settled by
its texts.
"""

import multiprocessing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.filters.near_duplicates.shingles import mix64
from codecorpus.filters.near_duplicates.signatures import (
    POSITIONS_PER_BYTE,
    band_keys,
    make_sketches,
)
from codecorpus.foundation.compiling import kernel
from codecorpus.pipelines.corpus import tables
from codecorpus.pipelines.corpus.schemas import kept_files
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.stages.artifacts import CURATE
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.plan import Plan, PlannedPart
from codecorpus.pipelines.storage.folder import Folder

PART = 4096
PERMUTATIONS = 256
LICENSES = [None, "mit", "apache-2.0", "gpl-3.0", "something-else"]
_FRACTION = 1.0 / (1 << 32)


@dataclass(frozen=True)
class SyntheticCorpus:
    """Synthetic contents; a file's content follows from its number.

    Attributes:
        contents: number of distinct contents.
        clusters: int32[contents], the cluster of each content.
        similarity: float64[contents], probability that a position is the cluster's.
        bucket: range of the contents that share a key, the end exclusive.
    """

    contents: int
    clusters: NDArray[np.int32]
    similarity: NDArray[np.float64]
    bucket: tuple[int, int]

    @property
    def files(self) -> int:
        """Number of files, including copies."""
        return self.contents + self.contents // 4

    @property
    def same_sketch(self) -> int:
        """Number of contents with the same sketch; they are the first ones."""
        return self.contents // 20

    @staticmethod
    def make(contents: int) -> "SyntheticCorpus":
        """Draw the clusters from a fixed seed."""
        chance = np.random.default_rng(7)
        ends = [contents * share // 100 for share in (5, 15, 16, 46)]
        clusters = np.arange(contents, dtype=np.int32)
        clusters[: ends[0]] = 0
        clusters[ends[1] : ends[2]] = ends[1]
        similarity = np.ones(contents)
        similarity[ends[1] : ends[2]] = 0.93  # two members agree by its square
        sizes = np.minimum(chance.pareto(1.2, contents) + 2, contents / 100).astype(np.int64)
        first = ends[2] + np.concatenate(([0], np.cumsum(sizes)))
        first = first[first < ends[3]]
        lengths = np.diff(np.append(first, ends[3]))
        clusters[ends[2] : ends[3]] = np.repeat(first, lengths)
        drawn = np.sqrt(chance.uniform(0.55, 1.0, len(first)))
        similarity[ends[2] : ends[3]] = np.repeat(drawn, lengths)
        return SyntheticCorpus(contents, clusters, similarity, (ends[0], ends[1]))

    def content_of(self, files: NDArray[np.int64]) -> NDArray[np.int64]:
        """The contents of files: each content once, and copies of a few of them, shuffled."""
        step = next(s for s in range(self.files * 5 // 8, self.files) if np.gcd(s, self.files) == 1)
        numbers = files * step % self.files
        chance = _mix_all(numbers.astype(np.uint64)) * 2.0**-64
        return np.where(numbers < self.contents, numbers, (self.contents * chance**4).astype(int))


@kernel
def _mix_all(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    out = np.empty_like(numbers)
    for index in range(len(numbers)):
        out[index] = mix64(numbers[index] + np.uint64(0x9E3779B97F4A7C15))
    return out


@kernel
def _draw(
    contents: NDArray[np.int64],
    clusters: NDArray[np.int32],
    similarity: NDArray[np.float64],
    minima: NDArray[np.uint32],
) -> None:
    """Draw each position: the cluster's with the given probability, else the content's own."""
    half = np.uint64(32)
    for row in range(len(contents)):
        own = mix64(np.uint64(contents[row]) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1))
        base = mix64(np.uint64(clusters[row]) * np.uint64(0xD6E8FEB86659FD93) + np.uint64(2))
        for position in range(minima.shape[1]):
            drawn = mix64(own + np.uint64(position))
            if np.float64(drawn >> half) * _FRACTION < similarity[row]:
                minima[row, position] = np.uint32(mix64(base + np.uint64(position)) >> half)
            else:
                minima[row, position] = np.uint32(drawn & np.uint64(0xFFFFFFFF))


def describe(
    corpus: SyntheticCorpus, begin: int, end: int, bands: int, rows: int
) -> pa.RecordBatch:
    """The table that curation would write for files[begin:end]."""
    files = np.arange(begin, end)
    contents = corpus.content_of(files)
    minima = np.empty((len(files), POSITIONS_PER_BYTE * PERMUTATIONS), np.uint32)
    _draw(contents, corpus.clusters[contents], corpus.similarity[contents], minima)
    keys = band_keys(minima, bands, rows)
    keys[0, (corpus.bucket[0] <= contents) & (contents < corpus.bucket[1])] = 1
    hashes = _mix_all(
        np.arange(3 * corpus.contents, dtype=np.uint64)[contents[:, None] * 3 + [0, 1, 2]].ravel()
    )
    ids = hashes.view(np.uint8).reshape(len(files), 24)[:, :20]
    chance = _mix_all(files.astype(np.uint64))
    stars = (2.0 ** ((chance & np.uint64(0xF)).astype(float))).astype(np.int32)
    licenses = ((chance >> np.uint64(8)) % np.uint64(len(LICENSES))).astype(np.int64)
    columns = {
        "content_id": tables.fixed_size(ids),
        "row": pa.array(files - begin),
        "size": pa.array(
            1024 + (hashes.reshape(-1, 3)[:, 0] % np.uint64(100_000)).astype(np.int64)
        ),
        "stars": pa.array(stars, mask=stars < 16),
        "license": pa.array(LICENSES, pa.string()).take(pa.array(licenses)),
        "repository": pa.array([f"owner-{file // 97}/repository-{file // 31}" for file in files]),
        "path": pa.array([f"source/folder-{file % 31}/module_{file}.py" for file in files]),
        "comparable": pa.array(np.ones(len(files), np.bool_)),
        "sketch": tables.fixed_size(make_sketches(minima)),
        **{f"band_{band:02d}": pa.array(keys[band]) for band in range(bands)},
    }
    schema = kept_files(PERMUTATIONS, bands)
    return pa.record_batch([columns[field.name] for field in schema], schema)


def plan(out: Path, corpus: SyntheticCorpus, threshold: float) -> int:
    """Start a build of synthetic parts in a folder; returns the number of parts."""
    recipe = Recipe.model_validate(
        {
            "name": "synthetic",
            "sources": [{"type": "folder", "name": "made-up", "paths": ["nowhere"]}],
            "deduplicate": {
                "near": {
                    "threshold": threshold,
                    "permutations": PERMUTATIONS,
                    "exact_margin": 0.0,
                }
            },
        }
    )
    parts = -(-corpus.files // PART)
    folder = Folder(out)
    folder.write_bytes("recipe.yaml", recipe.to_yaml().encode(), {})
    planned = PlannedPart(source=0, inputs=1, size=PART, digest="")
    Plan("/", "made up", "", (planned,) * parts).write(folder)
    return parts


def curate(out: str, contents: int, first: int, step: int) -> None:
    """Write every `step`-th part from `first` on, with its marker."""
    corpus = SyntheticCorpus.make(contents)
    build = Build.load(out)
    near = build.recipe.deduplicate.near
    assert near
    bands = choose_bands(near.threshold, near.permutations)
    for index in range(first, len(build.plan.parts), step):
        end = min((index + 1) * PART, corpus.files)
        batch = describe(corpus, index * PART, end, bands.bands, bands.rows)
        digests: dict[str, Any] = {}
        name = CURATE.kept_files(index)
        with tables.arrow_writer(build.folder, name, batch.schema, digests) as writer:
            writer.write_batch(batch)
        build.write_marker(CURATE, index, {"documents": len(batch)}, digests)


def make(out: Path, contents: int, threshold: float, processes: int) -> SyntheticCorpus:
    """Generate a curated build in a folder, in several processes."""
    corpus = SyntheticCorpus.make(contents)
    plan(out, corpus, threshold)
    context = multiprocessing.get_context("spawn")
    started = [
        context.Process(target=curate, args=(str(out), contents, first, processes))
        for first in range(processes)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join()
        if process.exitcode:
            raise SystemExit(f"generating files failed with exit code {process.exitcode}")
    return corpus
