"""The ledger becomes final: what curation decided, and what deduplication made of the rest."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.pipelines.corpus.schemas import DUPLICATES, LEDGER
from codecorpus.pipelines.stages import tables
from codecorpus.pipelines.stages.arrays import map_array
from codecorpus.pipelines.stages.context import Build, work
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.deduplicate.survivors import (
    EARLIER,
    EXACT,
    KEPT,
    NEAR,
    ChooseSurvivors,
)
from codecorpus.pipelines.storage.digests import FileDigest


@dataclass(frozen=True)
class Fates:
    """What deduplication made of the documents of one part.

    Attributes:
        kind: uint8[n], KEPT, EXACT, NEAR or EARLIER.
        similarity: float64[n], estimated, to the file named; 1.0 for what is kept.
        content_id, of_content: uint8[n, 20], the document's and the named file's.
        of_part, of_row: where the named file stands.
    """

    kind: NDArray[np.uint8]
    similarity: NDArray[np.float64]
    content_id: NDArray[np.uint8]
    of_content: NDArray[np.uint8]
    of_part: NDArray[np.int32]
    of_row: NDArray[np.int64]

    @staticmethod
    def look_up(build: Build, index: int) -> "Fates":
        """Look up the documents of one part."""
        arrays = build.remember("fates", lambda: _map_fates(build))
        first, last = arrays["offsets"][index : index + 2]
        return Fates(**{field.name: arrays[field.name][first:last] for field in fields(Fates)})


def _map_fates(build: Build) -> dict[str, NDArray[Any]]:
    """What the choice of survivors left behind, of all parts."""
    names = ("offsets", *(field.name for field in fields(Fates)))
    return {name: map_array(build, ChooseSurvivors.name, f"{name}.npy") for name in names}


def write_ledger(
    build: Build,
    index: int,
    fates: Fates,
    tokens: NDArray[np.int64],
    digests: dict[str, FileDigest],
) -> dict[str, int]:
    """Merge the fates into the decisions of curation; count rows by reason."""
    counts: dict[str, int] = {}
    at = 0
    path = build.folder.path(work(CurateParts.name, f"{index:05d}.parquet"))
    name = build.part("ledger", index, "parquet")
    with (
        pq.ParquetFile(path) as file,
        tables.parquet_writer(build.folder, name, LEDGER, digests) as writer,
    ):
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False).combine_chunks()
            for batch in table.to_batches():
                final, documents = _finish(batch, fates, tokens, at)
                at += documents
                writer.write_batch(final)
                reasons = final["reason"].fill_null("kept").value_counts()
                for reason, count in zip(*reasons.flatten(), strict=True):
                    key = reason.as_py()
                    counts[key] = counts.get(key, 0) + count.as_py()
    return counts


def _finish(
    batch: pa.RecordBatch, fates: Fates, tokens: NDArray[np.int64], at: int
) -> tuple[pa.RecordBatch, int]:
    """The final ledger rows of a batch, of whose documents the first is number `at` of the part."""
    kept = batch["reason"].is_null().to_numpy(zero_copy_only=False)
    documents = int(kept.sum())
    mine = slice(at, at + documents)
    rows = np.flatnonzero(kept)
    kind = np.full(len(kept), KEPT, np.uint8)
    kind[rows] = fates.kind[mine]
    copy = (kind == EXACT) | (kind == NEAR)
    stays = kept & (kind == KEPT)
    spread = np.zeros(len(kept), np.int64)
    spread[rows] = np.arange(at, at + documents)
    reason = pc.if_else(
        pa.array(kind == EXACT),
        "exact_duplicate",
        pc.if_else(
            pa.array(kind == NEAR),
            "near_duplicate",
            pc.if_else(pa.array(kind == EARLIER), "repository.earlier_source", batch["reason"]),
        ),
    )
    unreadable = pc.fill_null(pc.starts_with(reason, "unreadable."), False)
    decision = pc.if_else(
        pa.array(copy),
        "duplicate",
        pc.if_else(pa.array(stays), "kept", pc.if_else(unreadable, "unreadable", "dropped")),
    )
    columns = {name: batch[name] for name in batch.schema.names}
    columns["decision"] = decision
    columns["reason"] = reason
    columns["duplicate_of"] = tables.fixed_size(_at(fates.of_content, spread), copy)
    columns["duplicate_of_part"] = pa.array(_at(fates.of_part, spread), mask=~copy)
    columns["duplicate_of_row"] = pa.array(_at(fates.of_row, spread), mask=~copy)
    columns["tokens"] = pa.array(_at(tokens, spread), mask=~stays)
    return pa.record_batch([columns[f.name] for f in LEDGER], LEDGER), documents


def _at(values: NDArray[Any], where: NDArray[np.int64]) -> NDArray[Any]:
    """`values[where]`; zeros if there are no values at all."""
    if len(values):
        return values[where]
    return np.zeros((len(where), *values.shape[1:]), values.dtype)


def write_duplicates(
    build: Build, index: int, fates: Fates, digests: dict[str, FileDigest]
) -> None:
    """Write which of a part's documents are duplicates, of what, and how similar."""
    gone = (fates.kind == EXACT) | (fates.kind == NEAR)
    batch = pa.record_batch(
        [
            tables.fixed_size(fates.content_id[gone]),
            tables.fixed_size(fates.of_content[gone]),
            pa.array(fates.similarity[gone]),
        ],
        schema=DUPLICATES,
    )
    name = build.part("duplicates", index, "parquet")
    with tables.parquet_writer(build.folder, name, DUPLICATES, digests) as writer:
        writer.write_batch(batch)
