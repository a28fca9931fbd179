"""Splits of JSON-lines files as record batches.

Each text is copied into its batch right after its line was parsed, while it is in the processor's
cache: holding the strings of a batch until the caller has seen the names took 1.4 times as long.
Texts that the caller does not need are removed from the batch before it is returned.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.pipelines.sources.base import (
    RECORDS,
    TOO_LARGE,
    DamagedError,
    Limits,
    NeedsContent,
    UnreadableError,
    damage_row,
    make_records,
)
from codecorpus.pipelines.sources.buffer_pool import acquire, binary_column
from codecorpus.pipelines.sources.dataset_files import FieldSpec, Split
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.jsonl.lines import BLOCK_END, read_lines
from codecorpus.pipelines.sources.jsonl.parser import (
    Row,
    as_name,
    as_number,
    cannot_hold_text,
    encode_text,
    is_blank,
    parse_line,
)

_BATCH_LINES: Final = 1_024
"""The most lines of a batch, including those that are not records."""

_EXPANSION: Final = 3
"""The longest a line can be relative to its text in UTF-8: a character of two bytes or more,
written as one or two `\\u` escapes, takes three times its bytes."""
_OTHER_BYTES: Final = 1 << 16
"""Bytes allowed for the rest of a line beside its text."""
_TOO_LONG: Final = UnreadableError(TOO_LARGE, "the line is too long for a text within the limit")


def read_jsonl(
    split: Split, spec: FieldSpec, needs_content: NeedsContent, limits: Limits, first: int
) -> Iterator[pa.RecordBatch]:
    """The records of a split, numbered from `first`; damage becomes one last row."""
    row = first
    try:
        for batch in _batches(split, spec, limits):
            records = batch.to_arrow(row, needs_content)
            row += records.num_rows
            yield records
    except UnreadableError as error:
        # A file that cannot be opened is reported once, by its first split.
        if isinstance(error, DamagedError) or split.decompressed_begin == 0:
            yield damage_row(row, split.name, error.reason, error.detail)


def _batches(split: Split, spec: FieldSpec, limits: Limits) -> "Iterator[_Batch]":
    """The records of a split.

    Raises:
        UnreadableError: the file cannot be opened.
        DamagedError: after the last record before the damage.
    """
    file, size, _ = open_file(
        split.location, (split.size, split.stamp), end=split.end, whole=split.is_partial
    )
    text_bytes = limits.record_bytes + _OTHER_BYTES
    line_bytes = _EXPANSION * limits.record_bytes + _OTHER_BYTES
    batch_lines = min(_BATCH_LINES, limits.batch_rows)
    batch, lines = _Batch(spec, limits), 0
    damage = None
    try:
        for line in read_lines(
            file, size, split, block_bytes=limits.batch_bytes, line_bytes=line_bytes
        ):
            if line is BLOCK_END or line is None or lines == batch_lines:
                if len(batch):
                    yield batch
                    batch = _Batch(spec, limits)
                lines = 0
            if line is BLOCK_END:
                continue
            if line is None or (len(line) > text_bytes and cannot_hold_text(line, text_bytes)):
                batch.add(Row(None, (None,) * len(spec.columns), error=_TOO_LONG))
                lines = lines + 1 if line is not None else batch_lines  # a batch of its own
            elif (row := parse_line(line, spec)) is not None:
                batch.add(row)
                lines += 1
            else:
                lines += not is_blank(line)
    except DamagedError as error:
        damage = error
    finally:
        file.close()
    if len(batch):
        yield batch
    if damage is not None:
        raise damage


class _Batch:
    """A batch that is being filled."""

    def __init__(self, spec: FieldSpec, limits: Limits) -> None:
        self._spec = spec
        self._text_bytes = limits.record_bytes
        self._values: list[tuple[Any, ...]] = []
        self._encode_errors: list[str | None] = []
        self._buffer = acquire(limits.batch_bytes + limits.record_bytes + 1)
        self._view = self._buffer.data
        self._ends: list[int] = []
        self._without_text: dict[int, UnreadableError] = {}
        self._not_encoded: dict[int, UnreadableError] = {}  # counts only if the text is needed
        self._size = 0

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, row: Row) -> None:
        ends = self._ends
        if row.error is not None:
            self._without_text[len(ends)] = row.error
        else:
            try:
                text = encode_text(row, self._text_bytes)
                end = self._size + len(text)
                self._view[self._size : end] = text
                self._size = end
            except UnreadableError as error:
                self._not_encoded[len(ends)] = error
        ends.append(self._size)
        self._values.append(row.values)
        self._encode_errors.append(row.encode_errors)

    def to_arrow(self, first: int, needs_content: NeedsContent) -> pa.RecordBatch:
        """The batch as RECORDS, its first row numbered `first`."""
        count = len(self)
        columns = {
            name: self._column(index, RECORDS.field(name).type)
            for index, name in enumerate(self._spec.columns)
        }
        errors = self._without_text
        names = make_records(first, count, **columns, **_error_columns(errors, count))
        needed: NDArray[np.bool_] = np.asarray(needs_content(names), np.bool_)
        errors |= {row: error for row, error in self._not_encoded.items() if needed[row]}
        valid = np.ones(count, np.bool_)
        valid[list(errors)] = False
        content = binary_column(self._buffer, self._ends, valid)
        if not needed.all():  # `if_else` would only mark them null, and keep their bytes
            content = content.take(pa.array(np.arange(count), mask=~needed))
        columns["content"] = content
        return make_records(first, count, **columns, **_error_columns(errors, count))

    def _column(self, index: int, kind: pa.DataType) -> pa.Array:
        values = (row[index] for row in self._values)
        if pa.types.is_integer(kind):
            return pa.array([as_number(value) for value in values], kind)
        return pa.array(
            [as_name(*each) for each in zip(values, self._encode_errors, strict=True)], kind
        )


def _error_columns(errors: dict[int, UnreadableError], count: int) -> dict[str, pa.Array]:
    """The columns `error` and `detail` of `count` rows; no column if all rows can be read."""
    if not errors:
        return {}
    return {
        name: pa.array([getattr(errors.get(row), attribute, None) for row in range(count)])
        for name, attribute in (("error", "reason"), ("detail", "detail"))
    }
