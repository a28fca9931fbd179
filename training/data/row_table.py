"""What training needs to know of each row, prepared once and then memory-mapped.

The preparation joins each part's segments (`rows/`) with its files (`ledger/`), one part at a time,
and leaves arrays beside the run.:

    lengths.npy            int32[rows]          valid ids
    languages.npy          uint8[rows]          positions in corpus.shards.CLASSES
    sources.npy            uint8[rows]          positions in the table's sources; 255: several
    first_segment.npy      int64[rows + 1]      segments of a row, in order of their offsets
    segment_offset.npy     int32[segments]      where a segment's tag begins
    segment_file.npy       int64[segments]      number of its file
    files.arrow                                 content_id, repository, path of each file
    training.npy, validation.npy                int64, samples by row
    by_language.npy, by_source.npy              int64, training samples by group
    table.json                                  sizes, names, and what the table was made from

A sample is a window of `context` + 1 ids of a row, numbered row x windows + window; those without a
valid target are left out. Opening a table reads `table.json` alone, however many rows there are.
"""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.rows import Corpus
from codecorpus.training.data.preparation import write_table

FOLDER: Final = "data"
"""Name of the table in a run's folder."""
_VERSION: Final = 3


@dataclass(frozen=True)
class SampleFile:
    """A file of a sample."""

    repository: str | None
    path: str | None
    content_id: str


class RowTable:
    """A prepared table, memory-mapped.

    Attributes:
        context: targets of a sample.
        windows: samples of a row at most.
        lengths, languages, sources, first_segment, segment_offset, segment_file: see the module.
        training, validation: int64, samples.
        source_names: names of the sources by number.
    """

    def __init__(self, folder: Path) -> None:
        """Map the arrays of a table that `prepare` wrote."""
        self._folder = folder
        facts: dict[str, Any] = json.loads((folder / "table.json").read_text("utf-8"))
        self.context: int = facts["context"]
        self.windows: int = facts["windows"]
        self.source_names: list[str] = facts["sources"]
        self._groups: dict[str, list[int]] = facts["groups"]
        self._largest_id: int = facts["largest_id"]
        self._row_of_largest_id: int = facts["row_of_largest_id"]
        self.lengths: NDArray[np.int32] = self._map("lengths")
        self.languages: NDArray[np.uint8] = self._map("languages")
        self.sources: NDArray[np.uint8] = self._map("sources")
        self.first_segment: NDArray[np.int64] = self._map("first_segment")
        self.segment_offset: NDArray[np.int32] = self._map("segment_offset")
        self.segment_file: NDArray[np.int64] = self._map("segment_file")
        self.training: NDArray[np.int64] = self._map("training")
        self.validation: NDArray[np.int64] = self._map("validation")

    def _map(self, name: str) -> Any:  # noqa: ANN401 - arrays of several types
        # As a plain array: indexing numpy's memmap takes several times as long.
        return np.asarray(np.load(self._folder / f"{name}.npy", mmap_mode="r"))

    def groups(self, by: str) -> list[NDArray[np.int64]]:
        """The training samples of each language, or of each source.

        Args:
            by: `language`, in the order of CLASSES, or `source`, of `source_names`.
        """
        bounds = self._groups[by]
        samples = self._map(f"by_{by}")
        return [samples[begin:end] for begin, end in pairwise(bounds)]

    def files_of(self, sample: int) -> list[SampleFile]:
        """The files that a sample's ids come from, in order."""
        row, window = divmod(sample, self.windows)
        begin, end = int(self.first_segment[row]), int(self.first_segment[row + 1])
        offsets = self.segment_offset[begin:end].astype(np.int64)
        ends = np.append(offsets[1:], int(self.lengths[row]))
        first, last = window * self.context, (window + 1) * self.context
        inside = np.flatnonzero((offsets <= last) & (ends > first)) + begin
        return self.file_names(self.segment_file[inside])

    def check_vocabulary(self, entries: int) -> None:
        """Check that all ids are below a vocabulary; a model would fail without naming the row.

        Raises:
            UsageError: an id is not; names its row and the row's first file.
        """
        if self._largest_id < entries:
            return
        row = self._row_of_largest_id
        names = [f"{file.repository}/{file.path}" for file in self.files_of(row * self.windows)]
        raise UsageError(
            f"row {row:,} ({names[0] if names else 'no file'}) has the id {self._largest_id:,}, "
            f"but the vocabulary has {entries:,} entries: the shards were encoded with another one"
        )

    def file_names(self, numbers: NDArray[np.int64]) -> list[SampleFile]:
        """Repository, path and content id of files, given by their numbers."""
        found = []
        for number in numbers.tolist():
            batch = int(np.searchsorted(self._first_files, number, side="right")) - 1
            one = self._files.get_batch(batch).slice(number - int(self._first_files[batch]), 1)
            (values,) = one.to_pylist()
            found.append(
                SampleFile(values["repository"], values["path"], values["content_id"].hex())
            )
        return found

    @cached_property
    def _files(self) -> pa.ipc.RecordBatchFileReader:
        return pa.ipc.open_file(pa.memory_map(str(self._folder / "files.arrow")))

    @cached_property
    def _first_files(self) -> NDArray[np.int64]:
        """int64[batches + 1], the number of the first file of each record batch."""
        batches = range(self._files.num_record_batches)
        return np.cumsum([0, *(self._files.get_batch(number).num_rows for number in batches)])


def prepare(
    corpus: Corpus,
    run: Path,
    *,
    context: int,
    validation: float,
    report: Callable[[str], None] = lambda _: None,
) -> RowTable:
    """Open the table in a run's folder, after making it if there is none for these arguments.

    Args:
        corpus: the rows.
        run: the run's folder.
        context: targets of a sample; divides the corpus's sequence length.
        validation: share of the rows to keep for validation.
        report: is called with lines of text.

    Raises:
        UsageError: the context does not divide the sequence length, or `rows/` and the ledger do
            not fit each other.
    """
    if context > corpus.sequence_length or corpus.sequence_length % context:
        raise UsageError(
            f"model.context {context} does not divide the corpus's sequence length, "
            f"{corpus.sequence_length}"
        )
    folder = run / FOLDER
    made_from = {
        "version": _VERSION,
        "corpus": corpus.digest,
        "context": context,
        "validation": validation,
    }
    if (folder / "table.json").exists():
        facts = json.loads((folder / "table.json").read_text("utf-8"))
        if facts["made_from"] == made_from:
            return RowTable(folder)
    begin = time.perf_counter()
    unfinished = run / f"{FOLDER}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    facts = write_table(corpus, unfinished, context, validation, report)
    (unfinished / "table.json").write_text(json.dumps(facts | {"made_from": made_from}), "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(unfinished, folder)  # noqa: PTH105
    seconds = time.perf_counter() - begin
    report(
        f"prepared {corpus.rows:,} rows in {seconds:.1f} s "
        f"({seconds / max(1, corpus.rows) * 1e6:.0f} s per million)"
    )
    return RowTable(folder)
