"""What training needs to know of each row, prepared once and then memory-mapped.

The preparation joins each part's segments (`rows/`) with its files (`ledger/`), one part at a time,
and leaves arrays beside the run:

    lengths.npy            uint16[rows]         valid ids
    languages.npy          uint8[rows]          positions in corpus.shards.CLASSES
    sources.npy            uint8[rows]          positions in the table's sources; 255: several
    first_segment.npy      int64[rows + 1]      segments of a row, in order of their offsets
    segment_offset.npy     uint16[segments]     where a segment's tag begins
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
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.layout import LEDGER, ROWS, part_file
from codecorpus.pipelines.corpus.rows import Corpus
from codecorpus.pipelines.corpus.shards import CLASSES
from codecorpus.training.data.validation import TRAINING, VALIDATION, RowFiles, choose

FOLDER: Final = "data"
"""Name of the table in a run's folder."""
_VERSION: Final = 1
_SEVERAL: Final = 255
_MIXED: Final = len(CLASSES) - 1
_FILES: Final = pa.schema(
    [
        pa.field("content_id", pa.binary(20)),
        pa.field("repository", pa.string()),
        pa.field("path", pa.string()),
    ]
)


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
        self.lengths: NDArray[np.uint16] = self._map("lengths")
        self.languages: NDArray[np.uint8] = self._map("languages")
        self.sources: NDArray[np.uint8] = self._map("sources")
        self.first_segment: NDArray[np.int64] = self._map("first_segment")
        self.segment_offset: NDArray[np.uint16] = self._map("segment_offset")
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
        with pa.memory_map(str(self._folder / "files.arrow")) as source:
            reader = pa.ipc.open_file(source)
            starts = np.cumsum(
                [0, *(reader.get_batch(n).num_rows for n in range(reader.num_record_batches))]
            )
            found = []
            for number in self.segment_file[inside].tolist():
                batch = int(np.searchsorted(starts, number, side="right")) - 1
                row_of = reader.get_batch(batch).slice(number - int(starts[batch]), 1)
                (values,) = row_of.to_pylist()
                found.append(
                    SampleFile(values["repository"], values["path"], values["content_id"].hex())
                )
        return found


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
    facts = _write(corpus, unfinished, context, validation, report)
    (unfinished / "table.json").write_text(json.dumps(facts | {"made_from": made_from}), "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(unfinished, folder)  # noqa: PTH105
    seconds = time.perf_counter() - begin
    report(
        f"prepared {corpus.rows:,} rows in {seconds:.1f} s "
        f"({seconds / max(1, corpus.rows) * 1e6:.0f} s per million)"
    )
    return RowTable(folder)


def _write(
    corpus: Corpus,
    folder: Path,
    context: int,
    validation: float,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Write all arrays; return what `table.json` holds."""
    joined = _join(corpus, folder / "files.arrow")
    windows = corpus.sequence_length // context
    uses, warning = choose(joined.rows, joined.repositories, validation)
    if warning:
        report(f"warning: {warning}")
    counts = np.minimum(
        windows, np.maximum(0, (joined.lengths.astype(np.int64) - 2) // context + 1)
    )
    training = _samples(np.flatnonzero(uses == TRAINING), counts, windows)
    held_out = _samples(np.flatnonzero(uses == VALIDATION), counts, windows)
    if not len(training):
        raise UsageError("the corpus has no rows to train on")
    languages, sources = _of_rows(joined.language, joined), _of_rows(joined.source, joined)
    languages[languages == _SEVERAL] = _MIXED
    arrays: dict[str, NDArray[Any]] = {
        "lengths": joined.lengths.astype(np.uint16),
        "languages": languages,
        "sources": sources,
        "first_segment": joined.rows.first_segment,
        "segment_offset": joined.offsets.astype(np.uint16),
        "segment_file": joined.rows.file,
        "training": training,
        "validation": held_out,
    }
    groups: dict[str, list[int]] = {}
    for name, labels, count in (
        ("language", languages, len(CLASSES)),
        ("source", sources, len(joined.sources)),
    ):
        of_samples = labels[training // windows]
        order = np.argsort(of_samples, kind="stable")
        arrays[f"by_{name}"] = training[order]
        bounds = np.searchsorted(of_samples[order], np.arange(count + 1))
        groups[name] = [int(bound) for bound in bounds]
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    share = (uses == VALIDATION).mean() if len(uses) else 0.0
    report(
        f"{len(training):,} samples to train on, {len(held_out):,} for validation "
        f"({share:.1%} of the rows), {int((uses > VALIDATION).sum()):,} rows left out"
    )
    return {"context": context, "windows": windows, "sources": joined.sources, "groups": groups}


@dataclass(frozen=True)
class _Joined:
    """Segments and files of all parts.

    Attributes:
        rows: segments by row, and the files they come from.
        offsets: int64[segments].
        lengths: int32[rows].
        language: uint8[files], positions in CLASSES.
        source: uint8[files], positions in `sources`.
        sources: names.
        repositories: names.
    """

    rows: RowFiles
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int32]
    language: NDArray[np.uint8]
    source: NDArray[np.uint8]
    sources: list[str]
    repositories: list[str]


def _join(corpus: Corpus, files: Path) -> _Joined:
    """Join segments with kept files, part by part, and write the files' names."""
    row_numbers, offsets, lengths, segment_files = [], [], [], []
    repository, content, language, source = [], [], [], []
    repositories: dict[str, int] = {}
    sources: dict[str, int] = {}
    classes = pa.array(CLASSES)
    seen = 0
    with pa.ipc.new_file(str(files), _FILES) as writer:
        for part in range(corpus.parts):
            segments = corpus.placements(part, ["row", "offset", "length", "content_id"])
            name = part_file(LEDGER, part, corpus.parts)
            columns = ["content_id", "repository", "path", "language", "source"]
            kept = pq.read_table(
                corpus.folder.path(name), columns=columns, filters=pc.field("decision") == "kept"
            )
            kept = kept.combine_chunks()
            ids = kept["content_id"].combine_chunks()
            index = pc.index_in(segments["content_id"].combine_chunks(), value_set=ids)
            if index.null_count:
                where = corpus.folder.where(part_file(ROWS, part, corpus.parts))
                raise UsageError(
                    f"{where}: names files that {name} does not; run `codecorpus verify`"
                )
            row_numbers.append(segments["row"].to_numpy())
            offsets.append(segments["offset"].to_numpy().astype(np.int64))
            lengths.append(corpus.part_lengths(part))
            segment_files.append(index.to_numpy().astype(np.int64) + seen)
            repository.append(_numbers(kept["repository"], repositories))
            source.append(_numbers(kept["source"], sources).astype(np.uint8))
            labels = pc.fill_null(pc.index_in(kept["language"], value_set=classes), _MIXED)
            language.append(labels.to_numpy().astype(np.uint8))
            raw = ids.buffers()[1]
            content.append(
                np.frombuffer(raw, np.uint8)[20 * ids.offset :][: 20 * len(ids)].reshape(-1, 20)
                if len(ids)
                else np.empty((0, 20), np.uint8)
            )
            for batch in kept.select(_FILES.names).cast(_FILES).to_batches():
                writer.write_batch(batch)
            seen += kept.num_rows
    row, offset = np.concatenate(row_numbers), np.concatenate(offsets)
    order = np.lexsort((offset, row))
    first = np.searchsorted(row[order], np.arange(corpus.rows + 1))
    rows = RowFiles(
        first.astype(np.int64),
        np.concatenate(segment_files)[order],
        np.concatenate(repository),
        np.concatenate(content),
    )
    return _Joined(
        rows,
        offset[order],
        np.concatenate(lengths),
        np.concatenate(language),
        np.concatenate(source),
        list(sources),
        list(repositories),
    )


def _numbers(names: pa.ChunkedArray, known: dict[str, int]) -> NDArray[np.int32]:
    """int32[n], a number for each name, -1 for null; new names are added to `known`."""
    encoded = names.combine_chunks().dictionary_encode()
    table = [known.setdefault(name, len(known)) for name in encoded.dictionary.to_pylist()]
    indices = encoded.indices.fill_null(len(table)).to_numpy()
    numbers: NDArray[np.int32] = np.array([*table, -1], np.int32)[indices]
    return numbers


def _of_rows(label: NDArray[np.uint8], joined: _Joined) -> NDArray[np.uint8]:
    """uint8[rows], the label that all files of a row have; _SEVERAL if they differ."""
    of_segments = label[joined.rows.file]
    begins = joined.rows.first_segment[:-1]
    labels = np.full(len(begins), _SEVERAL, np.uint8)
    filled = np.flatnonzero(np.diff(joined.rows.first_segment) > 0)
    if len(filled):
        lowest = np.minimum.reduceat(of_segments, begins[filled])
        highest = np.maximum.reduceat(of_segments, begins[filled])
        labels[filled] = np.where(lowest == highest, lowest, _SEVERAL)
    return labels


def _samples(rows: NDArray[np.int64], counts: NDArray[np.int64], windows: int) -> NDArray[np.int64]:
    """int64[n], the samples of rows with the given numbers of windows."""
    of_rows = counts[rows]
    starts = np.repeat(np.cumsum(of_rows) - of_rows, of_rows)
    window = np.arange(len(starts)) - starts
    return np.repeat(rows * windows, of_rows) + window
