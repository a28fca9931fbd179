"""Makes the table of `row_table`: joins segments with files, and chooses the samples.

One part at a time is in memory. The arrays are written to mapped files, whose pages the operating
system can write out, so memory grows by some ten bytes per row and twenty per file at most.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
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

SEVERAL: Final = 255
"""Stands for the source of a row whose files have several."""
_MIXED: Final = len(CLASSES) - 1
_CLASSES: Final = pa.array(CLASSES)
_CHUNK: Final = 1 << 20  # rows or samples that are in memory at once
_FILE_COLUMNS: Final = "files"  # holds arrays that only the preparation needs
_FILES: Final = pa.schema(
    [
        pa.field("content_id", pa.binary(20)),
        pa.field("repository", pa.string()),
        pa.field("path", pa.string()),
    ]
)


def write_table(
    corpus: Corpus,
    folder: Path,
    context: int,
    validation: float,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Write a table's files, all but `table.json`; return what that holds.

    Args:
        corpus: the rows.
        folder: an empty folder.
        context: targets of a sample.
        validation: share of the rows to keep for validation.
        report: is called with lines of text.

    Raises:
        UsageError: `rows/` and the ledger do not fit each other, or no row is left to train on.
    """
    joined = _join(corpus, folder)
    windows = corpus.sequence_length // context
    uses, warning = choose(joined.rows, joined.repositories, validation)
    if warning:
        report(f"warning: {warning}")
    training = _write_samples(
        folder, "training", uses == TRAINING, joined.lengths, context, windows
    )
    held_out = _write_samples(
        folder, "validation", uses == VALIDATION, joined.lengths, context, windows
    )
    if not len(training):
        raise UsageError("the corpus has no rows to train on")
    groups = {
        "language": _write_groups(
            folder, "by_language", training, joined.languages, windows, len(CLASSES)
        ),
        "source": _write_groups(
            folder, "by_source", training, joined.sources, windows, len(joined.source_names)
        ),
    }
    shutil.rmtree(folder / _FILE_COLUMNS)
    share = (uses == VALIDATION).mean() if len(uses) else 0.0
    report(
        f"{len(training):,} samples to train on, {len(held_out):,} for validation "
        f"({share:.1%} of the rows), {int((uses > VALIDATION).sum()):,} rows left out"
    )
    largest_id, row = max(corpus.largest_id(part) for part in range(corpus.parts))
    return {
        "context": context,
        "windows": windows,
        "sources": joined.source_names,
        "groups": groups,
        "largest_id": largest_id,
        "row_of_largest_id": row,
    }


@dataclass(frozen=True)
class _Joined:
    """Segments and files of all parts; the arrays are memory-mapped.

    Attributes:
        rows: segments by row, and the files they come from.
        lengths: int32[rows].
        languages: uint8[rows], positions in CLASSES.
        sources: uint8[rows], positions in `source_names`, or SEVERAL.
        source_names: by number.
        repositories: names by number.
    """

    rows: RowFiles
    lengths: NDArray[np.int32]
    languages: NDArray[np.uint8]
    sources: NDArray[np.uint8]
    source_names: list[str]
    repositories: list[str]


def _join(corpus: Corpus, folder: Path) -> _Joined:
    """Join segments with kept files; one part at a time is in memory."""
    segments = [
        pq.read_metadata(corpus.folder.path(part_file(ROWS, part, corpus.parts))).num_rows
        for part in range(corpus.parts)
    ]
    files = sum(_kept(corpus, part) for part in range(corpus.parts))
    (folder / _FILE_COLUMNS).mkdir()
    rows = RowFiles(
        _create(folder, "first_segment", np.int64, corpus.rows + 1),
        _create(folder, "segment_file", np.int64, sum(segments)),
        _create(folder / _FILE_COLUMNS, "repository", np.int32, files),
        _create(folder / _FILE_COLUMNS, "content_id", np.uint8, files, 20),
    )
    rows.first_segment[0] = 0
    offsets = _create(folder, "segment_offset", np.int32, sum(segments))
    lengths = _create(folder, "lengths", np.int32, corpus.rows)
    languages = _create(folder, "languages", np.uint8, corpus.rows)
    sources = _create(folder, "sources", np.uint8, corpus.rows)
    repositories: dict[str, int] = {}
    source_names: dict[str, int] = {}
    file, segment = 0, 0
    with pa.ipc.new_file(str(folder / "files.arrow"), _FILES) as writer:
        for part in range(corpus.parts):
            kept = _kept_files(corpus, part)
            placed = _placed(corpus, part, kept)
            first, last = corpus.part_range(part)
            mine = slice(first, last)
            inside = slice(segment, segment + len(placed.file))
            rows.first_segment[first + 1 : last + 1] = segment + placed.first[1:]
            rows.file[inside] = file + placed.file
            offsets[inside] = placed.offset
            lengths[mine] = corpus.part_lengths(part)
            labels = pc.fill_null(pc.index_in(kept["language"], value_set=_CLASSES), _MIXED)
            languages[mine] = _of_rows(labels.to_numpy().astype(np.uint8), placed, _MIXED)
            source = _numbers(kept["source"], source_names)
            sources[mine] = _of_rows(np.minimum(source, SEVERAL).astype(np.uint8), placed, SEVERAL)
            own = slice(file, file + kept.num_rows)
            rows.repository[own] = _numbers(kept["repository"], repositories)
            rows.content_id[own] = _bytes_of(kept["content_id"])
            for batch in kept.select(_FILES.names).cast(_FILES).to_batches():
                writer.write_batch(batch)
            file, segment = own.stop, inside.stop
    return _Joined(rows, lengths, languages, sources, list(source_names), list(repositories))


def _create(folder: Path, name: str, dtype: type[np.generic], *shape: int) -> Any:  # noqa: ANN401
    """A new array in a file; the type checker knows no types of memory-mapped arrays."""
    path = folder / f"{name}.npy"
    return np.asarray(np.lib.format.open_memmap(path, "w+", np.dtype(dtype), shape))


def _kept(corpus: Corpus, part: int) -> int:
    count: int = corpus.manifest["parts"][part]["counts"].get("kept", 0)
    return count


def _kept_files(corpus: Corpus, part: int) -> pa.Table:
    """The kept files of a part, by their order in the ledger.

    Raises:
        UsageError: they are not as many as in the manifest.
    """
    name = part_file(LEDGER, part, corpus.parts)
    columns = ["content_id", "repository", "path", "language", "source"]
    is_kept = pc.field("decision") == "kept"
    try:
        kept = pq.read_table(corpus.folder.path(name), columns=columns, filters=is_kept)
    except (OSError, pa.ArrowInvalid) as error:
        raise UsageError(
            f"{corpus.folder.where(name)}: cannot be read: {error}; run `codecorpus verify`"
        ) from error
    if kept.num_rows != _kept(corpus, part):
        raise UsageError(
            f"{corpus.folder.where(name)}: has {kept.num_rows:,} kept files; the manifest expects "
            f"{_kept(corpus, part):,}; run `codecorpus verify`"
        )
    return kept.combine_chunks()


@dataclass(frozen=True)
class _Placed:
    """The segments of a part, by row and offset.

    Attributes:
        first: int64[rows of the part + 1], the first segment of each row.
        offset: int64[segments], where its tag begins.
        file: int64[segments], position among the part's kept files.
    """

    first: NDArray[np.int64]
    offset: NDArray[np.int64]
    file: NDArray[np.int64]


def _placed(corpus: Corpus, part: int, kept: pa.Table) -> _Placed:
    segments = corpus.placements(part, ["row", "offset", "content_id"])
    ids = kept["content_id"].combine_chunks()
    file = pc.index_in(segments["content_id"].combine_chunks(), value_set=ids)
    if file.null_count:
        where = corpus.folder.where(part_file(ROWS, part, corpus.parts))
        name = part_file(LEDGER, part, corpus.parts)
        raise UsageError(f"{where}: names files that {name} does not; run `codecorpus verify`")
    first, last = corpus.part_range(part)
    row, offset = segments["row"].to_numpy() - first, segments["offset"].to_numpy()
    order = np.lexsort((offset, row))
    return _Placed(
        np.searchsorted(row[order], np.arange(last - first + 1)),
        offset[order].astype(np.int64),
        file.to_numpy().astype(np.int64)[order],
    )


def _numbers(names: pa.ChunkedArray, known: dict[str, int]) -> NDArray[np.int32]:
    """int32[n], a number for each name, -1 for null; new names are added to `known`."""
    encoded = names.combine_chunks().dictionary_encode()
    table = [known.setdefault(name, len(known)) for name in encoded.dictionary.to_pylist()]
    indices = encoded.indices.fill_null(len(table)).to_numpy()
    numbers: NDArray[np.int32] = np.array([*table, -1], np.int32)[indices]
    return numbers


def _bytes_of(column: pa.ChunkedArray) -> NDArray[np.uint8]:
    """uint8[n, 20], the values of a column of content ids."""
    ids = column.combine_chunks()
    if not len(ids):
        return np.empty((0, 20), np.uint8)
    raw = np.frombuffer(ids.buffers()[1], np.uint8)
    return raw[20 * ids.offset :][: 20 * len(ids)].reshape(-1, 20)


def _of_rows(label: NDArray[np.uint8], placed: _Placed, several: int) -> NDArray[np.uint8]:
    """uint8[rows], the label that all files of a row have; `several` if they differ."""
    of_segments, begins = label[placed.file], placed.first[:-1]
    labels = np.full(len(begins), several, np.uint8)
    filled = np.flatnonzero(np.diff(placed.first) > 0)
    if len(filled):
        lowest = np.minimum.reduceat(of_segments, begins[filled])
        highest = np.maximum.reduceat(of_segments, begins[filled])
        labels[filled] = np.where(lowest == highest, lowest, several)
    return labels


def _write_samples(
    folder: Path,
    name: str,
    chosen: NDArray[np.bool_],
    lengths: NDArray[np.int32],
    context: int,
    windows: int,
) -> NDArray[np.int64]:
    """Write the windows with a valid target of the chosen rows; int64[n], by row."""

    def windows_of(part: slice) -> NDArray[np.int64]:
        counts = -(-np.maximum(lengths[part].astype(np.int64) - 1, 0) // context)
        return np.where(chosen[part], counts, 0)

    parts = [slice(begin, begin + _CHUNK) for begin in range(0, len(chosen), _CHUNK)]
    total = sum(int(windows_of(part).sum()) for part in parts)
    samples: NDArray[np.int64] = _create(folder, name, np.int64, total)
    at = 0
    for part in parts:
        counts = windows_of(part)
        rows = np.arange(part.start, part.start + len(counts))
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        found = np.repeat(rows * windows, counts) + np.arange(len(starts)) - starts
        samples[at : at + len(found)] = found
        at += len(found)
    return samples


def _write_groups(
    folder: Path,
    name: str,
    samples: NDArray[np.int64],
    labels: NDArray[np.uint8],
    windows: int,
    count: int,
) -> list[int]:
    """Write samples sorted by the labels of their rows; where each group begins, and the end.

    Samples with other labels than 0..count - 1 come last and are in no group.
    """
    parts = [slice(begin, begin + _CHUNK) for begin in range(0, len(samples), _CHUNK)]
    sizes = np.zeros(256, np.int64)
    for part in parts:
        sizes += np.bincount(labels[samples[part] // windows], minlength=256)
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    at = bounds[:-1].copy()
    out = _create(folder, name, np.int64, len(samples))
    for part in parts:
        of_samples = labels[samples[part] // windows]
        for label in np.unique(of_samples).tolist():
            found = samples[part][of_samples == label]
            out[at[label] : at[label] + len(found)] = found
            at[label] += len(found)
    return [int(bound) for bound in bounds[: count + 1]]
