"""Writes the final ledger: the decisions of curation, and deduplication of the files it kept."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.pipelines.corpus import layout, tables
from codecorpus.pipelines.corpus.schemas import DUPLICATES, LEDGER
from codecorpus.pipelines.stages.artifacts import CURATE, EARLIER, EXACT, KEPT, NEAR
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.dedup_result import DedupResult
from codecorpus.pipelines.storage.digests import FileDigest


def write_ledger(
    build: Build,
    index: int,
    result: DedupResult,
    tokens: NDArray[np.int64],
    digests: dict[str, FileDigest],
) -> dict[str, int]:
    """Merge deduplication's result into the decisions; returns the rows by reason, or `kept`."""
    counts: dict[str, int] = {}
    at = 0
    path = build.folder.path(CURATE.decisions(index))
    name = build.part_file(layout.LEDGER, index)
    with (
        pq.ParquetFile(path) as file,
        tables.parquet_writer(build.folder, name, LEDGER, digests) as writer,
    ):
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False).combine_chunks()
            for batch in table.to_batches():
                final, documents = _finish(batch, result, tokens, at)
                at += documents
                writer.write_batch(final)
                reasons = final["reason"].fill_null("kept").value_counts()
                for reason, count in zip(*reasons.flatten(), strict=True):
                    key = reason.as_py()
                    counts[key] = counts.get(key, 0) + count.as_py()
    return counts


def _finish(
    batch: pa.RecordBatch, result: DedupResult, tokens: NDArray[np.int64], at: int
) -> tuple[pa.RecordBatch, int]:
    """The final rows of a batch, and its number of documents.

    `at` is the number of the part's documents in earlier batches.
    """
    kept = batch["reason"].is_null().to_numpy(zero_copy_only=False)
    documents = int(kept.sum())
    rows = np.flatnonzero(kept)
    kind = np.full(len(kept), KEPT, np.uint8)
    kind[rows] = result.kind[at : at + documents]
    duplicate = (kind == EXACT) | (kind == NEAR)
    is_final = kept & (kind == KEPT)
    document = np.zeros(len(kept), np.int64)
    document[rows] = np.arange(at, at + documents)
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
        pa.array(duplicate),
        "duplicate",
        pc.if_else(pa.array(is_final), "kept", pc.if_else(unreadable, "unreadable", "dropped")),
    )
    columns = {name: batch[name] for name in batch.schema.names}
    columns["decision"] = decision
    columns["reason"] = reason
    columns["duplicate_of"] = tables.fixed_size(_at(result.of_content, document), duplicate)
    columns["duplicate_of_part"] = pa.array(_at(result.of_part, document), mask=~duplicate)
    columns["duplicate_of_row"] = pa.array(_at(result.of_row, document), mask=~duplicate)
    columns["tokens"] = pa.array(_at(tokens, document), mask=~is_final)
    return pa.record_batch([columns[f.name] for f in LEDGER], LEDGER), documents


def _at(values: NDArray[Any], where: NDArray[np.int64]) -> NDArray[Any]:
    """`values[where]`; zeros if there are no values."""
    if len(values):
        return values[where]
    return np.zeros((len(where), *values.shape[1:]), values.dtype)


def write_duplicates(
    build: Build, index: int, result: DedupResult, digests: dict[str, FileDigest]
) -> None:
    """Write the duplicates among a part's documents, the files kept instead, and the similarity."""
    removed = (result.kind == EXACT) | (result.kind == NEAR)
    batch = pa.record_batch(
        [
            tables.fixed_size(result.content_id[removed]),
            tables.fixed_size(result.of_content[removed]),
            pa.array(result.similarity[removed]),
        ],
        schema=DUPLICATES,
    )
    name = build.part_file(layout.DUPLICATES, index)
    with tables.parquet_writer(build.folder, name, DUPLICATES, digests) as writer:
        writer.write_batch(batch)
