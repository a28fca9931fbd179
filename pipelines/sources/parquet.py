"""Rows of Parquet files as record batches: the needed columns of some row groups at a time.

The texts' bytes lie where Arrow's reader put them, and are copied once more only where a batch
holds rows that nobody wants. A row group is read in batches of rows; it is not cut, and a page of
it is decoded as a whole.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import (
    ARCHIVE,
    IO,
    RECORD,
    TOO_LARGE,
    Limits,
    NeedsContent,
    UnreadableError,
)
from codecorpus.pipelines.sources.dataset_files import DataFile, Split
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.io.local import LocalFile, Stream
from codecorpus.pipelines.sources.records import as_names, damage_row, make_records

_DAMAGE: Final = (OSError, pa.ArrowException, UnreadableError)
_BUFFER: Final = 1 << 20  # bytes of a column read at once
_ROW: Final = 256  # bytes of a row that take about as long as finding its text


def split_parquet(
    file: DataFile, part_bytes: int, texts: Sequence[str], facts: Mapping[str, str]
) -> Iterator[tuple[Split, int]]:
    """The splits of a file, some row groups each, and what each weighs in a part.

    Args:
        file: the file; if it is damaged, one split, which says so when it is read.
        part_bytes: what a split should weigh.
        texts: what the column of texts may be called; the first that is there counts.
        facts: columns of RECORDS, and what they are called; a file may lack any of them.

    Raises:
        UsageError: no column of texts, or one of another type.
    """
    try:
        with _open(file.location, (file.entry.size, str(file.entry.stamp)), again=False) as reader:
            text, _ = _columns(file.name, reader.schema_arrow, texts, facts)
            groups = [reader.metadata.row_group(i) for i in range(reader.num_row_groups)]
            weights = [_text_bytes(group, text) + _ROW * group.num_rows for group in groups]
    except _DAMAGE:
        yield file.split(0, 0), _ROW
        return
    begin = weight = 0
    for group, more in enumerate(weights):
        if weight and weight + more > part_bytes:
            yield file.split(begin, group), weight
            begin, weight = group, 0
        weight += more
    if weights:
        yield file.split(begin, len(weights)), weight


def read_parquet(
    split: Split,
    texts: Sequence[str],
    facts: Mapping[str, str],
    needs_content: NeedsContent,
    limits: Limits,
    first: int,
) -> Iterator[pa.RecordBatch]:
    """The records of a split, numbered from `first`.

    Of a row group that is damaged, what comes before the damage is taken, then one row says so; the
    other row groups are read all the same. Bytes that were changed show where they break the
    encoding, and everywhere where the file's writer left checksums of its pages.

    Args:
        split: row groups of a file.
        texts: as of `split_parquet`.
        facts: as of `split_parquet`.
        needs_content: which rows have their content.
        limits: bounds.
        first: the number of the first row.
    """
    row = first
    try:
        with _open(split.location, (split.size, split.stamp)) as reader:
            text, names = _columns(split.name, reader.schema_arrow, texts, facts)
            at_once = _rows_at_once(reader, split, limits)
            for group in range(split.begin, split.end):
                for batch in _row_group(reader, group, [text, *names.values()], at_once):
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
    reader: pq.ParquetFile, group: int, columns: list[str], at_once: int
) -> Iterator[pa.RecordBatch | str]:
    """The rows of a row group, and what is wrong with the rest of them, if something is."""
    count = 0
    try:
        for batch in reader.iter_batches(
            batch_size=at_once, row_groups=[group], columns=columns, use_threads=False
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
    location: bytes, listed: tuple[int, str], *, again: bool = True
) -> Iterator[pq.ParquetFile]:
    opened = open_file(location, listed, again=again)
    file, here = opened.file, isinstance(opened.file, LocalFile)
    with (
        os.fdopen(file.descriptor, "rb") if isinstance(file, LocalFile) else Stream(opened) as raw,
        # Of a file elsewhere, what lies close together comes by one request.
        pq.ParquetFile(
            raw, buffer_size=_BUFFER, pre_buffer=not here, page_checksum_verification=True
        ) as reader,
    ):
        yield reader


def _columns(
    name: str, schema: pa.Schema, texts: Sequence[str], facts: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """The column of texts, and those of facts that are there.

    Raises:
        UsageError: the first is missing, or one holds no text.
    """
    text = next((column for column in texts if column in schema.names), None)
    got = ", ".join(f"{field.name} ({field.type})" for field in schema)
    if text is None:
        raise UsageError(
            f"{name}: its columns are {got}; expected one of {', '.join(texts)}, and any of "
            f"{', '.join(facts.values())}"
        )
    found = {field: column for field, column in facts.items() if column in schema.names}
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


def _rows_at_once(reader: pq.ParquetFile, split: Split, limits: Limits) -> int:
    """So many that a batch holds about `batch_bytes`."""
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
    """One batch as batches of RECORDS, more of them where its texts are long."""
    content = _plain(batch.column(text)).cast(pa.large_binary())
    sizes = pc.fill_null(pc.binary_length(content), 0).to_numpy(zero_copy_only=False)
    facts = {field: as_names(_plain(batch.column(name))) for field, name in names.items()}
    facts |= _unfit(text, content, sizes, limits.record_bytes)
    for begin, end in _runs(sizes, limits):
        columns = {name: column.slice(begin, end - begin) for name, column in facts.items()}
        known = make_records(row + begin, end - begin, **columns)
        asked = np.asarray(needs_content(known), np.bool_) & ~_mask(pc.is_valid(known["error"]))
        columns["content"] = content.slice(begin, end - begin)
        if not asked.all():
            columns["content"] = pc.if_else(pa.array(asked), columns["content"], None)
        yield make_records(row + begin, end - begin, **columns)


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _mask(values: pa.Array) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = values.to_numpy(zero_copy_only=False)
    return mask


def _unfit(
    name: str, content: pa.Array, sizes: NDArray[Any], record_bytes: int
) -> dict[str, pa.Array]:
    """Error and detail of rows without a text, or with too long a one."""
    missing, large = _mask(content.is_null()), sizes > record_bytes
    if not (missing | large).any():
        return {}
    long = f"more than {record_bytes:,} bytes"
    nothing = pa.scalar(None, pa.string())
    answers = []
    for absent, too_long in ((RECORD, TOO_LARGE), (f"`{name}` is null", long)):
        other = pc.if_else(pa.array(large), too_long, nothing)
        answers.append(pc.if_else(pa.array(missing), absent, other))
    return dict(zip(("error", "detail"), answers, strict=True))


def _runs(sizes: NDArray[Any], limits: Limits) -> Iterator[tuple[int, int]]:
    """Cut rows into runs that hold less than `batch_bytes` and one record."""
    ends = np.cumsum(np.where(sizes > limits.record_bytes, 0, sizes), dtype=np.int64)
    begin = before = 0
    while begin < len(sizes):
        end = int(np.searchsorted(ends, before + limits.batch_bytes)) + 1
        end = min(end, len(sizes))
        yield begin, end
        begin, before = end, int(ends[end - 1])
