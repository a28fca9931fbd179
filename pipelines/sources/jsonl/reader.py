"""Splits of files of JSON lines as record batches: a batch for each block of lines."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.foundation.simd64 import BLOCK
from codecorpus.pipelines.sources.base import (
    RECORD,
    TOO_LARGE,
    UTF8,
    DamagedError,
    Limits,
    NeedsContent,
    UnreadableError,
)
from codecorpus.pipelines.sources.buffer_pool import lend, take_room
from codecorpus.pipelines.sources.dataset_files import Split
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.jsonl.escapes import BAD_ESCAPE, LONE_SURROGATE
from codecorpus.pipelines.sources.jsonl.lines import Block, Stretch, blocks_of_lines
from codecorpus.pipelines.sources.jsonl.parser import Lines, Wish
from codecorpus.pipelines.sources.jsonl.strings import TOO_LONG
from codecorpus.pipelines.sources.records import damage_row, make_records

_LINES: Final = 1_024  # looked at at once, until a batch has as many rows as it may


class Shape(ABC):
    """What the lines of a source look like."""

    wish: Wish
    """The members that `text` and `facts` need."""

    @abstractmethod
    def choose(self, lines: Lines) -> NDArray[np.bool_]:
        """bool[count], which lines are records of the source."""

    @abstractmethod
    def text(self, lines: Lines) -> str:
        """The member that holds the text."""

    @abstractmethod
    def facts(self, lines: Lines) -> dict[str, pa.Array]:
        """The columns of RECORDS that the lines fill, but for the content."""


def read_lines(
    split: Split, shape: Shape, needs_content: NeedsContent, limits: Limits, first: int
) -> Iterator[pa.RecordBatch]:
    """The records of a split, numbered from `first`; of damage one row, behind the others."""
    row = first
    try:
        file, size, _ = open_file(
            split.location, (split.size, split.stamp), end=split.end, whole=split.is_partial
        )
    except UnreadableError as trouble:
        if split.first == 0:
            yield damage_row(row, split.name, trouble.reason, trouble.detail)
        return
    try:
        stretch = Stretch(
            file,
            split.kind,
            split.begin,
            split.end,
            size,
            split.first,
            split.last,
        )
        for block in blocks_of_lines(stretch, limits.batch_bytes, limits.record_bytes):
            for batch in _batches(block, shape, needs_content, limits, row):
                row += batch.num_rows
                yield batch
    except DamagedError as damage:
        yield damage_row(row, split.name, damage.reason, damage.detail)
    finally:
        file.close()


def _batches(
    block: Block, shape: Shape, needs_content: NeedsContent, limits: Limits, row: int
) -> Iterator[pa.RecordBatch]:
    begin = block.begin
    while begin < block.end:
        lines = Lines(shape.wish, block.data, begin, block.end, min(_LINES, limits.batch_rows))
        begin = lines.stop
        lines.choose(shape.choose(lines))
        if lines.count:
            yield _records(lines, shape, needs_content, limits, row)
            row += lines.count
    if block.cut:
        yield make_records(
            row,
            1,
            error=pa.array([TOO_LARGE], pa.string()),
            detail=pa.array(["a line that is longer than any text in bounds"], pa.string()),
        )


def _records(
    lines: Lines, shape: Shape, needs_content: NeedsContent, limits: Limits, row: int
) -> pa.RecordBatch:
    name = shape.text(lines)
    has_text = lines.has(name)
    facts = shape.facts(lines)
    facts |= _unfit(lines, name, has_text)
    names = make_records(row, lines.count, **facts)
    asked = has_text & np.asarray(needs_content(names), np.bool_)
    room = take_room(limits.batch_bytes + 2 * limits.record_bytes + 2 * BLOCK)
    offsets, troubles = lines.texts(name, asked, room, limits.record_bytes)
    facts["content"] = _contents(lend(room, int(offsets[-1])), offsets, asked & (troubles == 0))
    facts |= _failed(facts, troubles, limits)
    return make_records(row, lines.count, **facts)


def _contents(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], valid: NDArray[np.bool_]
) -> pa.Array:
    bits = np.packbits(valid, bitorder="little")
    buffers = [pa.py_buffer(part) for part in (bits, offsets, data)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(valid), buffers)


def _unfit(lines: Lines, name: str, has_text: NDArray[np.bool_]) -> dict[str, pa.Array]:
    """Error and detail of lines without a text."""
    if has_text.all():
        return {}
    details = [
        "the line is no JSON object" if broken else f"`{name}` is {instead}"
        for broken, instead in zip(lines.broken.tolist(), lines.missing(name), strict=True)
    ]
    fine = pa.array(has_text)
    nothing = pa.scalar(None, pa.string())
    return {
        "error": pc.if_else(fine, nothing, RECORD),
        "detail": pc.if_else(fine, nothing, pa.array(details, pa.string())),
    }


def _failed(
    facts: dict[str, pa.Array], troubles: NDArray[np.int8], limits: Limits
) -> dict[str, pa.Array]:
    """Error and detail, with those of texts that could not be written out."""
    if not troubles.any():
        return {}
    said = {
        BAD_ESCAPE: (RECORD, "its text holds an escape that JSON does not know"),
        LONE_SURROGATE: (UTF8, "its text holds half of a surrogate pair"),
        TOO_LONG: (TOO_LARGE, f"more than {limits.record_bytes:,} bytes"),
    }
    columns = {}
    for place, name in enumerate(("error", "detail")):
        column = facts.get(name, pa.nulls(len(troubles), pa.string()))
        for trouble, words in said.items():
            column = pc.if_else(pa.array(troubles == trouble), words[place], column)
        columns[name] = column
    return columns
