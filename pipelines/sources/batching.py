"""Makes record batches from the names of records and a function that reads one record.

A reader yields groups of consecutive records: their names, and a function that reads the content of
one. Contents are read one after another directly into the buffer of a batch, and are not copied
again. The buffer has room for the largest record beyond `batch_bytes`, but only pages that are
written to take memory, and the buffer is reused when the batch is gone. Where a batch ends depends
only on the sizes of the contents; where a group ends is up to the reader. The records and their
order depend on neither.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from codecorpus.filters.masks import to_mask
from codecorpus.pipelines.sources.base import (
    RECORDS,
    DamagedError,
    Limits,
    NeedsContent,
    UnreadableError,
    make_records,
)
from codecorpus.pipelines.sources.buffer_pool import acquire, binary_column

NAMES = pa.schema([field for field in RECORDS if field.name not in {"row", "content"}])
"""The columns that are known before a record is read."""

ReadInto = Callable[[int, memoryview | None], int]
"""Reads the content of the row with this index into a buffer; see `RecordGroup.read_into`."""


class RecordGroup(NamedTuple):
    """Consecutive records of an input."""

    names: pa.RecordBatch
    """The columns of NAMES; a row with an `error` has no content."""
    read_into: ReadInto
    """Reads the content of a row into a buffer one byte longer than the largest record, and returns
    its length; skips the content if the buffer is None. Called for every row, in order. Raises
    `UnreadableError` for a record without content, and `DamagedError` if the input ends before the
    row is complete; then the row is dropped."""
    prefetch: Callable[[list[bool]], None] | None = None
    """Called before the first row with a flag per row: whether it will be read."""


class _Batch:
    """A batch that is being filled."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = acquire(limits.batch_bytes + limits.record_bytes + 1)
        self._view = self._buffer.data
        self._space = limits.record_bytes + 1
        self._names: list[pa.RecordBatch] = []
        self._ends: list[int] = []
        self._read: list[bool] = []
        self._errors: dict[int, UnreadableError] = {}
        self.bytes = 0
        self.full = False

    def __len__(self) -> int:
        return len(self._ends)

    def space(self) -> memoryview:
        """Where to read the next content: one byte more than the largest record takes."""
        return self._view[self.bytes : self.bytes + self._space]

    def add(self, length: int | None, error: UnreadableError | None) -> None:
        """Append a row, given the length of its content; None if it was not read."""
        ends = self._ends
        if error is not None:
            self._errors[len(ends)] = error
        self.bytes += length or 0
        ends.append(self.bytes)
        self._read.append(length is not None)
        limits = self._limits
        self.full = self.bytes >= limits.batch_bytes or len(ends) >= limits.batch_rows

    def add_names(self, names: pa.RecordBatch) -> None:
        """Append the names of rows that were added."""
        self._names.append(names)

    def close(self) -> pa.RecordBatch:
        names = pa.concat_batches(self._names)
        columns = {name: names.column(name) for name in names.schema.names}
        columns["content"] = binary_column(self._buffer, self._ends, self._read)
        if self._errors:
            columns["error"] = self._with_errors(columns["error"], "reason")
            columns["detail"] = self._with_errors(columns["detail"], "detail")
        return pa.record_batch([columns[name] for name in RECORDS.names], schema=RECORDS)

    def _with_errors(self, column: pa.Array, attribute: str) -> pa.Array:
        values = column.to_pylist()
        for row, error in self._errors.items():
            values[row] = getattr(error, attribute)
        return pa.array(values, pa.string())


def assemble(
    groups: Iterable[RecordGroup], needs_content: NeedsContent, limits: Limits
) -> Iterator[pa.RecordBatch]:
    """Yield non-empty batches of RECORDS, with the contents that are needed."""
    batch = _Batch(limits)
    row = 0
    for group in groups:
        columns = {name: group.names.column(name) for name in NAMES.names}
        names = make_records(row, group.names.num_rows, **columns)
        readable = _readable(names, needs_content)
        if group.prefetch is not None:
            group.prefetch(readable)
        first = 0
        for index, is_needed in enumerate(readable):
            if batch.full:
                batch.add_names(names.slice(first, index - first))
                yield batch.close()
                batch, first = _Batch(limits), index
            if not _read_row(group.read_into, index, batch, is_needed=is_needed):
                names = names.slice(0, index)
                break
        batch.add_names(names.slice(first))
        row += names.num_rows
    if len(batch):
        yield batch.close()


def _read_row(read_into: ReadInto, index: int, batch: _Batch, *, is_needed: bool) -> bool:
    """Read or skip one row; return False if its input ends before it is complete."""
    try:
        length = read_into(index, batch.space() if is_needed else None)
    except DamagedError:
        return False
    except UnreadableError as error:
        batch.add(None, error)
    else:
        batch.add(length if is_needed else None, None)
    return True


def _readable(names: pa.RecordBatch, needs_content: NeedsContent) -> list[bool]:
    """A flag per row: its content is needed, and it has no error."""
    without_error = to_mask(names.column("error").is_null())
    readable: list[bool] = (np.asarray(needs_content(names), np.bool_) & without_error).tolist()
    return readable
