"""What every source yields: parts, and of a part record batches of one schema.

A source lists and reads; it never filters. What it could not read it reports as a row with an
`error`, so that every record has a row. The caller says which rows are worth reading: it sees a
batch's names first (`NeedsContent`); the other rows keep a null `content`.

A new source is one file with a class that has the two methods of `Source`; `assembling` turns
groups of names and a way to read them into batches.
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
        pa.field("language", pa.string()),  # as the source says
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
"""The columns that the inputs of any part begin with; a source adds its own behind them."""

IO: Final = "unreadable.io"
"""The reason of a record that the system could not give: vanished, refused, not a regular file."""
ARCHIVE: Final = "unreadable.archive"
"""The reason of an archive, or a member of one, that is damaged, dangerous or not understood."""
TOO_LARGE: Final = "unreadable.too_large"
"""The reason of a record over `Limits.record_bytes`."""

RECORD: Final = "unreadable.record"
"""The reason of a line or row of a data set that is none: no JSON object, or without a text."""
UTF8: Final = "unreadable.utf8"
"""The reason of a record whose text cannot be written as UTF-8."""

NeedsContent = Callable[[pa.RecordBatch], NDArray[np.bool_]]
"""Returns bool per row of a batch (RECORDS, `content` all null, `error` possibly set): read it.

Called once for each row, in order, but not with the batches that `read` yields, so the answer for a
row must depend on that row alone. A row with an `error` is not read, whatever the answer. The last
row passed in may never be yielded, when its archive turns out to be truncated within it.
"""


class UnreadableError(InputError):
    """One record cannot be read; the records after it can."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class DamagedError(UnreadableError):
    """An input that holds many records ends here: what came before is whole."""


@dataclass(frozen=True)
class Limits:
    """Bounds on what is held in memory at once.

    A batch holds less than `batch_bytes + record_bytes`, and a reader little besides: one archive's
    window of a megabyte or two, and the names of `batch_rows` records.
    """

    record_bytes: int = 64 << 20
    """A larger record is `unreadable.too_large`, and its content is never held."""
    batch_bytes: int = 16 << 20
    """A batch is closed when its contents reach this size."""
    batch_rows: int = 16_384
    """A batch is closed when it has as many rows."""


class Source(Protocol):
    """An input of a recipe.

    Attributes:
        passed_over: what `read` has met so far that is no record of the source, by the name that
            says so: lines of the other sets that The Pile mixes in.
    """

    passed_over: Counter[str]

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Cut the input into parts of about `part_bytes` bytes to read.

        Each part is a table that begins with INPUTS and holds all that `read` needs. The cut
        follows from the input alone: names, sizes and `part_bytes`.

        Raises:
            UsageError: the recipe names an input that does not exist.
        """

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """The records of one part, in a fixed order, as batches of RECORDS."""
