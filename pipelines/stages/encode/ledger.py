"""The ledger becomes final: what curation decided, and what deduplication made of the rest."""

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
from codecorpus.pipelines.storage.folder import FileDigest


def write_ledger(
    build: Build,
    index: int,
    result: DedupResult,
    tokens: NDArray[np.int64],
    digests: dict[str, FileDigest],
) -> dict[str, int]:
    """Merge the result into the decisions of curation; count rows by reason."""
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
    """The final ledger rows of a batch, of whose documents the first is number `at` of the part."""
    kept = batch["reason"].is_null().to_numpy(zero_copy_only=False)
    documents = int(kept.sum())
    mine = slice(at, at + documents)
    rows = np.flatnonzero(kept)
    kind = np.full(len(kept), KEPT, np.uint8)
    kind[rows] = result.kind[mine]
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
    columns["duplicate_of"] = tables.fixed_size(_at(result.of_content, spread), copy)
    columns["duplicate_of_part"] = pa.array(_at(result.of_part, spread), mask=~copy)
    columns["duplicate_of_row"] = pa.array(_at(result.of_row, spread), mask=~copy)
    columns["tokens"] = pa.array(_at(tokens, spread), mask=~stays)
    return pa.record_batch([columns[f.name] for f in LEDGER], LEDGER), documents


def _at(values: NDArray[Any], where: NDArray[np.int64]) -> NDArray[Any]:
    """`values[where]`; zeros if there are no values at all."""
    if len(values):
        return values[where]
    return np.zeros((len(where), *values.shape[1:]), values.dtype)


def write_duplicates(
    build: Build, index: int, result: DedupResult, digests: dict[str, FileDigest]
) -> None:
    """Write which of a part's documents are duplicates, of what, and how similar."""
    gone = (result.kind == EXACT) | (result.kind == NEAR)
    batch = pa.record_batch(
        [
            tables.fixed_size(result.content_id[gone]),
            tables.fixed_size(result.of_content[gone]),
            pa.array(result.similarity[gone]),
        ],
        schema=DUPLICATES,
    )
    name = build.part_file(layout.DUPLICATES, index)
    with tables.parquet_writer(build.folder, name, DUPLICATES, digests) as writer:
        writer.write_batch(batch)
