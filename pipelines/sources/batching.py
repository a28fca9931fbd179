"""From groups of names, and a way to read each, to record batches.

A reader yields groups: names first, then a function that gives the content of one of them. Contents
are read one behind the other straight into the one buffer of a batch; nothing is copied after that.
The buffer is reserved for the largest record besides `batch_bytes`, but memory is taken only for
what is written to it; when nothing holds a batch any more, its buffer is used again. Batches are
cut by the contents' sizes alone, groups by what is convenient to the reader; records and their
order follow from neither.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.pipelines.sources.base import (
    RECORDS,
    DamagedError,
    Limits,
    NeedsContent,
    UnreadableError,
)
from codecorpus.pipelines.sources.buffer_pool import binary_column, take_room

NAMES = pa.schema([field for field in RECORDS if field.name not in {"row", "content"}])
"""What is known of a record before it is read."""

Fill = Callable[[int, memoryview | None], int]


class Group(NamedTuple):
    """Records that follow each other."""

    names: pa.RecordBatch
    """The columns of NAMES; a row with an `error` has no content."""
    fill: Fill
    """Read the content of a row into a buffer one byte longer than the largest record, and return
    its length; with None, pass over it. Called for every row, in order. Raises `UnreadableError`
    for a record without content, and `DamagedError` where the input ends and the row with it."""
    expect: Callable[[list[bool]], None] | None = None
    """Told before the first row which of them will be read."""


class _Batch:
    """A batch that is being filled."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._room = take_room(limits.batch_bytes + limits.record_bytes + 1)
        self._view = self._room.data
        self._most = limits.record_bytes + 1
        self._names: list[pa.RecordBatch] = []
        self._ends: list[int] = []
        self._read: list[bool] = []
        self._troubles: dict[int, UnreadableError] = {}
        self.bytes = 0
        self.full = False

    def __len__(self) -> int:
        return len(self._ends)

    def space(self) -> memoryview:
        """Where the next content goes: one byte more than the largest record takes."""
        return self._view[self.bytes : self.bytes + self._most]

    def add(self, length: int | None, trouble: UnreadableError | None) -> None:
        """Count a row in: its content's length, None when it was not read."""
        ends = self._ends
        if trouble is not None:
            self._troubles[len(ends)] = trouble
        self.bytes += length or 0
        ends.append(self.bytes)
        self._read.append(length is not None)
        limits = self._limits
        self.full = self.bytes >= limits.batch_bytes or len(ends) >= limits.batch_rows

    def name(self, names: pa.RecordBatch) -> None:
        """Say what the last rows are called."""
        self._names.append(names)

    def close(self) -> pa.RecordBatch:
        names = pa.concat_batches(self._names)
        columns = {name: names.column(name) for name in names.schema.names}
        columns["content"] = binary_column(self._room, self._ends, self._read)
        if self._troubles:
            columns["error"] = self._overlaid(columns["error"], "reason")
            columns["detail"] = self._overlaid(columns["detail"], "detail")
        return pa.record_batch([columns[name] for name in RECORDS.names], schema=RECORDS)

    def _overlaid(self, column: pa.Array, attribute: str) -> pa.Array:
        values = column.to_pylist()
        for row, trouble in self._troubles.items():
            values[row] = getattr(trouble, attribute)
        return pa.array(values, pa.string())


def assemble(
    groups: Iterable[Group], needs_content: NeedsContent, limits: Limits
) -> Iterator[pa.RecordBatch]:
    """Read the rows of the groups whose content is needed into non-empty batches of RECORDS."""
    batch = _Batch(limits)
    row = 0
    for group in groups:
        names = _numbered(group.names, row)
        readable = _readable(names, needs_content)
        if group.expect is not None:
            group.expect(readable)
        first = 0
        for index, is_needed in enumerate(readable):
            if batch.full:
                batch.name(names.slice(first, index - first))
                yield batch.close()
                batch, first = _Batch(limits), index
            if not _take(group.fill, index, batch, is_needed=is_needed):
                names = names.slice(0, index)
                break
        batch.name(names.slice(first))
        row += names.num_rows
    if len(batch):
        yield batch.close()


def _take(fill: Fill, index: int, batch: _Batch, *, is_needed: bool) -> bool:
    """Read one row, or pass over it; False when its input ended within it."""
    try:
        length = fill(index, batch.space() if is_needed else None)
    except DamagedError:
        return False
    except UnreadableError as trouble:
        batch.add(None, trouble)
    else:
        batch.add(length if is_needed else None, None)
    return True


def _numbered(names: pa.RecordBatch, row: int) -> pa.RecordBatch:
    """The names as RECORDS, without content."""
    count = names.num_rows
    columns = {name: names.column(name) for name in NAMES.names}
    columns["row"] = pa.array(np.arange(row, row + count, dtype=np.int64))
    columns["content"] = pa.nulls(count, pa.large_binary())
    return pa.record_batch([columns[name] for name in RECORDS.names], schema=RECORDS)


def _readable(names: pa.RecordBatch, needs_content: NeedsContent) -> list[bool]:
    """Bool per row: its content is needed, and nothing is known to be wrong with it."""
    fine: NDArray[np.bool_] = names.column("error").is_null().to_numpy(zero_copy_only=False)
    answer: list[bool] = (np.asarray(needs_content(names), np.bool_) & fine).tolist()
    return answer
