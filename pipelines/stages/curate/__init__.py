"""Curates the parts of the sources: documents with signals and sketches, and all decisions.

Each part is processed in record batches:

    read    names; then the bytes of files that their name or repository does not rule out
    curate  the steps in `steps`: measure, detect languages, apply rules, sketch
    write   documents, kept files for deduplication, decisions

The text is copied only once, from the batch that was read into the documents.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from codecorpus.foundation.errors import InputError
from codecorpus.pipelines.corpus import layout, tables
from codecorpus.pipelines.corpus.schemas import DECISIONS, DOCUMENTS
from codecorpus.pipelines.sources.base import Limits, Source
from codecorpus.pipelines.sources.opt_out import OptOut
from codecorpus.pipelines.sources.registry import open_reader
from codecorpus.pipelines.sources.sampling import Sampler
from codecorpus.pipelines.stages.artifacts import CURATE, CurateSummary
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.curate.skipped_parts import skipped_batch
from codecorpus.pipelines.stages.curate.steps import CuratedBatch, Curator
from codecorpus.pipelines.storage.digests import FileDigest


@dataclass(frozen=True)
class CurateParts(Stage):
    """One task per part of the plan.

    Attributes:
        strict: damaged input fails its part instead of being counted.
        sampler: reads a sample of the records only; None: all of them.
    """

    strict: bool = False
    sampler: Sampler | None = None
    artifacts = CURATE
    by_part = True

    def weights(self, build: Build) -> list[int]:
        """Bytes of input."""
        return [part.size for part in build.plan.parts]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> CurateSummary:
        """Read, curate and write one part."""
        settings = build.recipe.sources[build.plan.parts[index].source]
        curator = Curator(build.recipe, settings, OptOut(build.plan.opted_out))
        totals = Counter[str]()
        comments: Counter[str] = Counter()
        damaged: list[dict[str, Any]] = []
        with _PartFiles(build, index, curator.sketcher.schema, digests) as written:
            source = open_reader(settings)
            for batch in self._curate(build, index, source, curator):
                damaged += batch.damaged
                written.write(batch, settings.name)
                _count(batch, totals, counters)
                comments.update(_comment_languages(batch.documents))
        if damaged:
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in damaged)
            build.write_trace(layout.unreadable_file(index), text)
        summary: CurateSummary = {
            "records": totals["records"],
            "read": totals["read"],
            "bytes": totals["bytes"],
            "documents": totals["documents"],
            "passed_over": dict(sorted(source.ignored.items())),
            "natural_languages": dict(sorted(comments.items())),
        }
        skipped = build.plan.skipped_part(index)
        if skipped:
            summary["skipped"] = skipped.stage
        return summary

    def _curate(
        self, build: Build, index: int, source: Source, curator: Curator
    ) -> Iterator[CuratedBatch]:
        inputs = build.plan.inputs(build.folder, index)
        skipped = build.plan.skipped_part(index)
        if skipped:
            yield skipped_batch(inputs, skipped, curator.sketcher.schema)
            return
        limits = Limits(record_bytes=build.recipe.max_record_bytes)
        for records in source.read(inputs, curator.needs_content, limits):
            drawn = records if self.sampler is None else self.sampler.sample(records, index)
            batch = curator.curate(drawn)
            if self.strict and batch.damaged:
                raise InputError(_strict_message(batch.damaged[0]))
            yield batch


class _PartFiles(ExitStack):
    """Writes the files of a part; they appear when the block ends without an error."""

    def __init__(
        self, build: Build, index: int, kept: pa.Schema, digests: dict[str, FileDigest]
    ) -> None:
        super().__init__()
        self._index = index
        folder = build.folder
        documents = build.part_file(layout.DOCUMENTS, index)
        self._documents = self.enter_context(
            tables.parquet_writer(folder, documents, DOCUMENTS, digests)
        )
        self._decided = self.enter_context(
            tables.parquet_writer(folder, CURATE.decisions(index), DECISIONS, digests)
        )
        self._kept = self.enter_context(
            tables.arrow_writer(folder, CURATE.kept_files(index), kept, digests)
        )

    def write(self, batch: CuratedBatch, source: str) -> None:
        """Append a batch."""
        if batch.documents.num_rows:
            self._documents.write_batch(batch.documents)
            self._kept.write_batch(batch.kept)
        self._decided.write_batch(batch.decided(source, self._index))


def _count(batch: CuratedBatch, totals: Counter[str], counters: Counters) -> None:
    """Add a batch to the totals of the part and of the progress display."""
    records, kept = batch.ledger.num_rows, batch.documents.num_rows
    totals["records"] += records
    totals["read"] += batch.files_read
    totals["bytes"] += batch.bytes_read
    totals["documents"] += kept
    counters.add(size=batch.bytes_read, files=records, kept=kept)


def _comment_languages(documents: pa.RecordBatch) -> dict[str, int]:
    """Counts of the sampled documents by the natural language of their comments."""
    counts = documents["natural_language"].drop_null().value_counts()
    return dict(zip(*(column.to_pylist() for column in counts.flatten()), strict=True))


def _strict_message(row: dict[str, Any]) -> str:
    return (
        f"{row['repository']}/{row['path']}: {row['error']}: {row['detail']}; --strict was given: "
        "repair or remove the input, or build without --strict to count it"
    )
