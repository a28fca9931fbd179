"""The interface of sources: a source plans parts, and reads a part as record batches.

A source lists and reads; it never filters. A record that cannot be read becomes a row with an
`error`, so every record has a row. The caller decides which records to read: it sees the names of
a batch first (`NeedsContent`), and the other rows keep a null `content`.

A new source is one file with a settings class and a class with the two methods of `Source`.
`batching.assemble` makes batches from names and a function that reads one record.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.foundation.errors import InputError

RECORDS = pa.schema(
    [
        pa.field("row", pa.int64()),  # position in the part, from 0, without gaps
        pa.field("repository", pa.string()),
        pa.field("path", pa.string()),
        pa.field("content", pa.large_binary()),  # null: not read
        pa.field("language", pa.string()),  # as the source claims
        pa.field("stars", pa.int32()),
        pa.field("repository_bytes", pa.int64()),
        pa.field("license", pa.string()),
        pa.field("error", pa.string()),  # a reason: unreadable.io, unreadable.archive, …
        pa.field("detail", pa.string()),  # what went wrong, for people
    ]
)

INPUTS = pa.schema(
    [
        pa.field("name", pa.string()),  # repository/path, for messages
        pa.field("size", pa.int64()),  # bytes
        pa.field("stamp", pa.string()),  # changes when the input changes: a time stamp, an etag
    ]
)
"""The first columns of every part's table of inputs; each source appends its own."""

IO: Final = "unreadable.io"
"""The operating system or store failed: the file vanished, was refused or is not a regular file."""
ARCHIVE: Final = "unreadable.archive"
"""An archive, or a member of one, is damaged, dangerous or not supported."""
TOO_LARGE: Final = "unreadable.too_large"
"""The record is larger than `Limits.record_bytes`."""
RECORD: Final = "unreadable.record"
"""A line or row of a data set is not a JSON object, or has no text."""
UTF8: Final = "unreadable.utf8"
"""The text of the record cannot be encoded as UTF-8."""

NeedsContent = Callable[[pa.RecordBatch], NDArray[np.bool_]]
"""Returns bool[n]: which rows of a batch to read.

The batch has the schema RECORDS; all of `content` is null, and `error` may be set. Each row is
passed in once and in order, but not in the batches that `read` yields, so the answer for a row must
depend on that row alone. A row with an `error` is not read, whatever the answer. The last row
passed in may never be yielded, if its archive turns out to be truncated within it.
"""


class UnreadableError(InputError):
    """One record cannot be read; the records after it can."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class DamagedError(UnreadableError):
    """An input of many records is damaged from here on; the records before are complete."""


@dataclass(frozen=True)
class Limits:
    """Bounds on memory.

    A batch holds less than `batch_bytes + record_bytes`. Besides, a reader holds a window of one or
    two megabytes of an archive, and the names of `batch_rows` records.
    """

    record_bytes: int = 64 << 20
    """A larger record is `unreadable.too_large`; its content is never held in memory."""
    batch_bytes: int = 16 << 20
    """A batch is closed when its contents reach this size."""
    batch_rows: int = 16_384
    """A batch is closed when it has as many rows."""


def make_records(first: int, rows: int, **columns: pa.Array) -> pa.RecordBatch:
    """A batch of RECORDS.

    Args:
        first: the number of its first row.
        rows: the number of rows.
        columns: arrays by column name; columns that are not given are null.
    """
    columns["row"] = pa.array(np.arange(first, first + rows, dtype=np.int64))
    arrays = [
        columns[field.name] if field.name in columns else pa.nulls(rows, field.type)
        for field in RECORDS
    ]
    return pa.record_batch(arrays, schema=RECORDS)


def damage_row(row: int, path: str, reason: str, detail: str) -> pa.RecordBatch:
    """A batch of one row that reports a damaged file."""
    return make_records(
        row,
        1,
        path=pa.array([path], pa.string()),
        error=pa.array([reason], pa.string()),
        detail=pa.array([detail], pa.string()),
    )


class Source(Protocol):
    """An input of a recipe.

    Attributes:
        ignored: how many items that are not records of this source `read` has met so far, by kind;
            for The Pile, the lines of each of its other sets.
    """

    ignored: Counter[str]

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Divide the inputs into parts of about `part_bytes` bytes to read.

        Each part is a table whose first columns are INPUTS, and which holds everything that `read`
        needs. The parts depend only on the names and sizes of the inputs and on `part_bytes`.

        Raises:
            UsageError: the recipe names an input that does not exist.
        """

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """Read the records of one part, in a fixed order, as batches of RECORDS."""
