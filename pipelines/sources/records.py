"""Columns of names as records have them."""

import pyarrow as pa

from codecorpus.pipelines.sources.base import RECORDS


def as_names(raw: pa.Array) -> pa.Array:
    r"""Bytes as text, string[n]; of what is not UTF-8 each byte as `\xNN`.

    Args:
        raw: (large_)binary or (large_)string.
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


def make_records(first: int, rows: int, **columns: pa.Array) -> pa.RecordBatch:
    """A batch of RECORDS.

    Args:
        first: the number of its first row.
        rows: how many there are.
        columns: those that are not null throughout.
    """
    columns["row"] = pa.array(range(first, first + rows), pa.int64())
    return pa.record_batch(
        [columns.get(field.name, pa.nulls(rows, field.type)) for field in RECORDS], schema=RECORDS
    )


def damage_row(row: int, path: str, reason: str, detail: str) -> pa.RecordBatch:
    """The one row that tells of a damaged file."""
    return make_records(
        row,
        1,
        path=pa.array([path], pa.string()),
        error=pa.array([reason], pa.string()),
        detail=pa.array([detail], pa.string()),
    )
