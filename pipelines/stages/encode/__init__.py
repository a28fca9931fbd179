"""Encodes the documents that are not duplicates as rows of ids, and writes the final ledger.

One task per part, in batches: tokenize the kept texts without copying them, split them into
segments, prefix and pack them, and write the rows to Arrow shards. Rows are counted from the start
of the part; when all parts are done, a second, small stage adds the number of the part's first row.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.foundation.columns import ByteColumn
from codecorpus.pipelines.corpus import layout, tables
from codecorpus.pipelines.corpus.schemas import PLACEMENTS
from codecorpus.pipelines.corpus.shards import ShardWriter
from codecorpus.pipelines.stages.artifacts import (
    CURATE,
    ENCODE,
    KEPT,
    NUMBER_ROWS,
    EncodeSummary,
    NoSummary,
)
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.dedup_result import DedupResult
from codecorpus.pipelines.stages.encode.ledger import write_duplicates, write_ledger
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.tokenization.language_tags import TAGGED_LANGUAGES, language_tag
from codecorpus.tokenization.packing import make_packer
from codecorpus.tokenization.packing.packer import Packer
from codecorpus.tokenization.packing.rows import Placed, Rows


class EncodeParts(Stage):
    """One task per part: shard, placements, duplicates, final ledger."""

    artifacts = ENCODE
    by_part = True

    def weights(self, build: Build) -> list[int]:
        """Number of documents."""
        return [
            1 + build.summary(CURATE, index)["documents"] for index in range(len(build.plan.parts))
        ]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> EncodeSummary:
        """Encode one part and write its ledger."""
        result = DedupResult.load(build, index)
        encoded = _write_rows(build, index, result, digests, counters)
        counts = write_ledger(build, index, result, encoded.tokens, digests)
        write_duplicates(build, index, result, digests)
        return {
            "rows": encoded.rows,
            "padding": encoded.padding,
            "languages": encoded.languages,
            "counts": counts,
        }


class NumberRows(Stage):
    """One task per part: its placements, with row numbers in the whole data set."""

    artifacts = NUMBER_ROWS
    by_part = True

    def weights(self, build: Build) -> list[int]:
        """Equal tasks: they only copy a few bytes per segment."""
        return [1] * len(build.plan.parts)

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> NoSummary:
        """Add the number of rows in earlier parts to each placement."""
        del counters
        before = int(build.cached("row offsets", lambda: _row_offsets(build))[index])
        file = pq.ParquetFile(build.folder.path(ENCODE.placements(index)))
        name = build.part_file(layout.ROWS, index)
        with file, tables.parquet_writer(build.folder, name, PLACEMENTS, digests) as writer:
            for batch in file.iter_batches(batch_size=1 << 20):
                rows = pa.array(batch["row"].to_numpy() + before)
                writer.write_batch(batch.set_column(0, PLACEMENTS.field("row"), rows))
        return {}


@dataclass
class Encoded:
    """What was written for a part.

    Attributes:
        tokens: int64[documents], number of ids of each text; 0 for duplicates.
        rows, padding: number of rows, and of padding ids.
        languages: tokens, files and bytes of each language.
    """

    tokens: NDArray[np.int64]
    rows: int
    padding: int
    languages: dict[str, dict[str, int]]


def _row_offsets(build: Build) -> NDArray[np.int64]:
    """int64[parts + 1], the number of each part's first row in the data set."""
    parts = range(len(build.plan.parts))
    rows = [build.summary(ENCODE, index)["rows"] for index in parts]
    return np.concatenate(([0], np.cumsum(rows, dtype=np.int64)))


def _write_rows(
    build: Build,
    index: int,
    result: DedupResult,
    digests: dict[str, FileDigest],
    counters: Counters,
) -> Encoded:
    packer = _packer(build)
    tokens = np.zeros(len(result.kind), np.int64)
    sizes = np.zeros((len(TAGGED_LANGUAGES), 3), np.int64)
    contents = result.content_id[result.kind == KEPT]
    shard = layout.shard_file(index, len(build.plan.parts))
    with ExitStack() as files:
        shards = files.enter_context(
            ShardWriter.create(build.folder, shard, build.recipe.encode.sequence_length, digests)
        )
        placements = files.enter_context(
            tables.parquet_writer(build.folder, ENCODE.placements(index), PLACEMENTS, digests)
        )

        def write(rows: Rows) -> None:
            shards.write(rows.input_ids, rows.language)
            if len(rows.placements):
                placements.write_batch(_placed(rows.placements, contents))

        at = 0
        for batch in _documents(build, index):
            kept = result.kind[at : at + len(batch)] == KEPT
            column = ByteColumn.from_arrow(batch["text"]).select(kept)
            language = _language_codes(batch["language"])[kept]
            encoded = build.encoder.encode(column)
            lengths = np.diff(encoded.offsets)
            tokens[at : at + len(batch)][kept] = lengths
            for column_index, values in enumerate((lengths, np.ones_like(lengths), column.sizes)):
                np.add.at(sizes[:, column_index], language, values)
            write(packer.add(encoded.ids, encoded.offsets, language))
            counters.add(size=int(column.sizes.sum()), files=len(batch), kept=int(kept.sum()))
            at += len(batch)
        for rows in packer.finish():
            write(rows)
    languages = {
        name: {"tokens": int(tokens), "files": int(count), "bytes": int(size)}
        for name, (tokens, count, size) in zip(TAGGED_LANGUAGES, sizes, strict=True)
        if count
    }
    return Encoded(tokens, shards.rows, packer.padding, languages)


def _packer(build: Build) -> Packer:
    tags = build.encoder.encode(
        ByteColumn.from_values([language_tag(name).encode() for name in TAGGED_LANGUAGES])
    )
    return make_packer(
        build.recipe.encode.packing,
        sequence_length=build.recipe.encode.sequence_length,
        tags=(tags.ids, tags.offsets),
        end_of_text=build.encoder.end_of_text,
        spool=build.folder.scratch_folder(),
    )


def _documents(build: Build, index: int) -> Iterator[pa.RecordBatch]:
    """Text and language of a part's documents, a row group at a time."""
    path = build.folder.path(build.part_file(layout.DOCUMENTS, index))
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=["text", "language"], use_threads=False)
            yield from table.combine_chunks().to_batches()


def _language_codes(languages: pa.Array) -> NDArray[np.int64]:
    encoded = pc.index_in(languages, pa.array(TAGGED_LANGUAGES, pa.string()))
    codes: NDArray[np.int64] = encoded.to_numpy().astype(np.int64)
    return codes


def _placed(placements: Placed, contents: NDArray[np.uint8]) -> pa.RecordBatch:
    columns = {
        name: np.ascontiguousarray(placements[name]) for name in placements.dtype.names or ()
    }
    columns["content_id"] = tables.fixed_size(contents[columns["file"]])
    return pa.record_batch([pa.array(columns[f.name], f.type) for f in PLACEMENTS], PLACEMENTS)
