"""Builds columns and batches of records."""

import pyarrow as pa

from codecorpus.pipelines.sources.base import RECORDS


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


def make_records(first: int, rows: int, **columns: pa.Array) -> pa.RecordBatch:
    """A batch of RECORDS.

    Args:
        first: the number of its first row.
        rows: the number of rows.
        columns: arrays by column name; columns that are not given are null.
    """
    columns["row"] = pa.array(range(first, first + rows), pa.int64())
    return pa.record_batch(
        [columns.get(field.name, pa.nulls(rows, field.type)) for field in RECORDS], schema=RECORDS
    )


def damage_row(row: int, path: str, reason: str, detail: str) -> pa.RecordBatch:
    """A batch of one row that reports a damaged file."""
    return make_records(
        row,
        1,
        path=pa.array([path], pa.string()),
        error=pa.array([reason], pa.string()),
        detail=pa.array([detail], pa.string()),
    )
