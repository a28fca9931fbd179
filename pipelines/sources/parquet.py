"""Reads Parquet files as record batches, the needed columns of a range of row groups.

Arrow's reader allocates the texts; they are copied again only in batches with rows that are not
needed. A row group is never split. It is read in batches of rows, and each of its pages is decoded
as a whole.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.filters.masks import to_mask
from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import (
    ARCHIVE,
    IO,
    RECORD,
    TOO_LARGE,
    Limits,
    NeedsContent,
    UnreadableError,
    damage_row,
    make_records,
)
from codecorpus.pipelines.sources.dataset_files import DataFile, FieldSpec, Split
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.io.local import LocalFile, Stream
from codecorpus.pipelines.sources.partition import runs

_DAMAGE: Final = (OSError, pa.ArrowException, UnreadableError)
_BUFFER: Final = 1 << 20  # bytes of a column read at once
_ROW_COST: Final = 256  # reading that many bytes takes about as long as the overhead of a row


def split_parquet(file: DataFile, part_bytes: int, spec: FieldSpec) -> Iterator[tuple[Split, int]]:
    """The splits of a file, each a range of row groups, with their weights in bytes.

    Args:
        file: the file; a damaged one becomes one split, which reports the damage when it is read.
        part_bytes: the weight of a split.
        spec: which columns are read.

    Raises:
        UsageError: there is no column of texts, or a column is not text.
    """
    try:
        with _open(
            file.location, (file.entry.size, str(file.entry.stamp)), recheck=False
        ) as reader:
            text, _ = _columns(file.name, reader.schema_arrow, spec)
            groups = [reader.metadata.row_group(i) for i in range(reader.num_row_groups)]
            weights = [_text_bytes(group, text) + _ROW_COST * group.num_rows for group in groups]
    except _DAMAGE:
        yield file.split(0, 0), _ROW_COST
        return
    for begin, end, weight in runs(np.array(weights, np.int64), part_bytes):
        if end > begin:
            yield file.split(begin, end), weight


def read_parquet(
    split: Split, spec: FieldSpec, needs_content: NeedsContent, limits: Limits, first: int
) -> Iterator[pa.RecordBatch]:
    """The records of a split, numbered from `first`.

    The rows of a damaged row group that precede the damage are yielded, then one row that reports
    it; the other row groups are read as usual. Changed bytes are noticed where they break the
    encoding, or anywhere if the file has checksums of its pages.

    Args:
        split: a range of row groups.
        spec: which columns are read.
        needs_content: which rows to return with their content.
        limits: bounds on memory.
        first: the number of the first row.
    """
    row = first
    try:
        with _open(split.location, (split.size, split.stamp)) as reader:
            text, names = _columns(split.name, reader.schema_arrow, spec)
            batch_rows = _batch_rows(reader, split, limits)
            for group in range(split.begin, split.end):
                for batch in _row_group(reader, group, [text, *names.values()], batch_rows):
                    if isinstance(batch, str):
                        yield damage_row(row, split.name, ARCHIVE, batch)
                        row += 1
                        continue
                    for records in _records(batch, text, names, needs_content, limits, row):
                        row += records.num_rows
                        yield records
    except _DAMAGE as damage:
        reason = IO if getattr(damage, "errno", None) else ARCHIVE
        yield damage_row(row, split.name, reason, str(damage))


def _row_group(
    reader: pq.ParquetFile, group: int, columns: list[str], batch_rows: int
) -> Iterator[pa.RecordBatch | str]:
    """The rows of a row group; if it is damaged, a message comes last."""
    count = 0
    try:
        for batch in reader.iter_batches(
            batch_size=batch_rows, row_groups=[group], columns=columns, use_threads=False
        ):
            yield batch
            count += batch.num_rows
    except (pa.ArrowException, OSError) as damage:
        if getattr(damage, "errno", None):
            raise
        rows = reader.metadata.row_group(group).num_rows
        yield f"row group {group} is damaged, {count:,} of its {rows:,} rows were read: {damage}"


@contextlib.contextmanager
def _open(
    location: bytes, listed: tuple[int, str], *, recheck: bool = True
) -> Iterator[pq.ParquetFile]:
    opened = open_file(location, listed, recheck=recheck)
    file, is_local = opened.file, isinstance(opened.file, LocalFile)
    with (
        os.fdopen(file.descriptor, "rb") if isinstance(file, LocalFile) else Stream(opened) as raw,
        # For remote files, `pre_buffer` fetches neighbouring column chunks with one request.
        pq.ParquetFile(
            raw, buffer_size=_BUFFER, pre_buffer=not is_local, page_checksum_verification=True
        ) as reader,
    ):
        yield reader


def _columns(name: str, schema: pa.Schema, spec: FieldSpec) -> tuple[str, dict[str, str]]:
    """The column of texts, and the file's other columns by their names in RECORDS.

    Raises:
        UsageError: there is no column of texts, or a column is not text.
    """
    text = next((column for column in spec.texts if column in schema.names), None)
    got = ", ".join(f"{field.name} ({field.type})" for field in schema)
    if text is None:
        raise UsageError(
            f"{name}: its columns are {got}; expected one of {', '.join(spec.texts)}, and any of "
            f"{', '.join(spec.columns.values())}"
        )
    found = {field: column for field, column in spec.columns.items() if column in schema.names}
    for column in (text, *found.values()):
        if not _is_text(schema.field(column).type):
            raise UsageError(f"{name}: its columns are {got}; expected text in `{column}`")
    return text, found


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return kind in {
        pa.string(), pa.large_string(), pa.string_view(),
        pa.binary(), pa.large_binary(), pa.binary_view(), pa.null(),
    }  # fmt: skip


def _text_bytes(group: pq.RowGroupMetaData, text: str) -> int:
    columns = (group.column(at) for at in range(group.num_columns))
    sizes = (c.total_uncompressed_size for c in columns if c.path_in_schema == text)
    total: int = sum(sizes)
    return total


def _batch_rows(reader: pq.ParquetFile, split: Split, limits: Limits) -> int:
    """The number of rows of a batch of about `batch_bytes`."""
    groups = [reader.metadata.row_group(group) for group in range(split.begin, split.end)]
    rows: int = sum(group.num_rows for group in groups)
    size: int = sum(group.total_byte_size for group in groups)
    return max(1, min(limits.batch_rows, rows * limits.batch_bytes // max(size, 1)))


def _records(
    batch: pa.RecordBatch,
    text: str,
    names: Mapping[str, str],
    needs_content: NeedsContent,
    limits: Limits,
    row: int,
) -> Iterator[pa.RecordBatch]:
    """A batch as one or more batches of RECORDS, none of them larger than `batch_bytes` allows."""
    content = _plain(batch.column(text)).cast(pa.large_binary())
    sizes = pc.fill_null(pc.binary_length(content), 0).to_numpy(zero_copy_only=False)
    known = {field: as_names(_plain(batch.column(name))) for field, name in names.items()}
    known |= _errors(text, content, sizes, limits.record_bytes)
    for begin, end in _slices(sizes, limits):
        columns = {name: column.slice(begin, end - begin) for name, column in known.items()}
        names_only = make_records(row + begin, end - begin, **columns)
        without_error = to_mask(names_only["error"].is_null())
        needed = np.asarray(needs_content(names_only), np.bool_) & without_error
        columns["content"] = content.slice(begin, end - begin)
        if not needed.all():
            columns["content"] = pc.if_else(pa.array(needed), columns["content"], None)
        yield make_records(row + begin, end - begin, **columns)


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def as_names(raw: pa.Array) -> pa.Array:
    r"""Decode names to string[n]; each byte that is not valid UTF-8 becomes `\xNN`.

    Args:
        raw: (large_)binary[n] or (large_)string[n].
    """
    wide = raw.cast(pa.large_binary())
    try:
        return wide.cast(pa.string())
    except pa.ArrowInvalid:
        texts = (
            None if value is None else value.decode("utf-8", "backslashreplace")
            for value in wide.to_pylist()
        )
        return pa.array(texts, pa.string())


def _errors(
    name: str, content: pa.Array, sizes: NDArray[Any], record_bytes: int
) -> dict[str, pa.Array]:
    """The columns `error` and `detail`; no column if every row has a text within the limit."""
    missing, large = to_mask(content.is_null()), sizes > record_bytes
    if not (missing | large).any():
        return {}
    long = f"more than {record_bytes:,} bytes"
    nothing = pa.scalar(None, pa.string())
    answers = []
    for absent, too_long in ((RECORD, TOO_LARGE), (f"`{name}` is null", long)):
        other = pc.if_else(pa.array(large), too_long, nothing)
        answers.append(pc.if_else(pa.array(missing), absent, other))
    return dict(zip(("error", "detail"), answers, strict=True))


def _slices(sizes: NDArray[Any], limits: Limits) -> Iterator[tuple[int, int]]:
    """Divide rows into slices; each ends with the row that brings it to `batch_bytes`."""
    ends = np.cumsum(np.where(sizes > limits.record_bytes, 0, sizes), dtype=np.int64)
    begin = before = 0
    while begin < len(sizes):
        end = int(np.searchsorted(ends, before + limits.batch_bytes)) + 1
        end = min(end, len(sizes))
        yield begin, end
        begin, before = end, int(ends[end - 1])
