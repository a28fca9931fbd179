"""Rows of ids, and what stands where in them.

A row has sequence_length + 1 ids and begins with a tag. A placement is a stretch of a row: the tag
of a file, ids of the file, and an end of text behind the file's last ids. Whatever no placement
covers is padding, which has the id of end of text.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import load64, store64
from codecorpus.foundation.compiling import kernel
from codecorpus.tokenization.segments import check_sequence_length


@dataclass(frozen=True)
class Placements:
    """What stands where, in the order of the rows.

    Attributes:
        row: int64, counted from the packer's first.
        offset: int32, where the tag begins in the row.
        tag_length: int32, ids of the tag.
        length: int32, ids of the tag, the text and the end of text.
        file: int64, counted in the order of `add`.
        segment: int32, from 0 in each file.
        segments: int32, how many the file has.
    """

    row: NDArray[np.int64]
    offset: NDArray[np.int32]
    tag_length: NDArray[np.int32]
    length: NDArray[np.int32]
    file: NDArray[np.int64]
    segment: NDArray[np.int32]
    segments: NDArray[np.int32]


@dataclass(frozen=True)
class Rows:
    """Finished rows.

    Attributes:
        input_ids: uint16[r, sequence_length + 1].
        language: int64[r], index of the language of all that stands in the row, or the number of
            languages where there are several.
        placements: of these rows.
    """

    input_ids: NDArray[np.uint16]
    language: NDArray[np.int64]
    placements: Placements


PLACED = np.dtype(
    [
        ("row", np.int64),
        ("offset", np.int32),
        ("tag_length", np.int32),
        ("length", np.int32),
        ("file", np.int64),
        ("segment", np.int32),
        ("segments", np.int32),
        ("language", np.int64),
        ("source", np.int64),  # where the ids of the text begin, in the ids that are packed
        ("ends", np.bool_),  # whether an end of text follows
    ]
)
"""A placement as the packers plan it, with what it takes to write it."""

Placed = NDArray[np.void]


class RowWriter:
    """What all packers share: the shape of rows, the tags, and how plans become rows.

    Args:
        sequence_length: a row has one id more.
        tag_ids: uint16, the ids of all tags behind each other.
        tag_offsets: int64[languages + 1], where the tag of each language begins.
        end_of_text: its id, and that of padding.

    Raises:
        UsageError: a row is too short for a tag, an id and an end of text.
    """

    def __init__(
        self,
        *,
        sequence_length: int,
        tag_ids: NDArray[np.uint16],
        tag_offsets: NDArray[np.int64],
        end_of_text: int,
    ) -> None:
        self.width = sequence_length + 1
        self.tag_lengths = np.diff(tag_offsets)
        self.padding = 0
        self._tag_ids, self._tag_offsets = tag_ids, tag_offsets
        self._end_of_text = end_of_text
        check_sequence_length(sequence_length, int(self.tag_lengths.max(initial=0)))

    def empty(self, count: int) -> NDArray[np.uint16]:
        """uint16[count, width], all padding."""
        return np.full((count, self.width), self._end_of_text, np.uint16)

    def write(
        self, placed: Placed, ids: NDArray[np.uint16], rows: NDArray[np.uint16], first_row: int
    ) -> None:
        """Write planned placements into rows, of which the first is number `first_row`."""
        source = np.ascontiguousarray(ids).view()
        source.setflags(write=False)  # so that the kernel is compiled for one type only
        _write(
            placed,
            source,
            self._tag_ids,
            self._tag_offsets,
            np.uint16(self._end_of_text),
            first_row,
            rows,
        )

    def finished(self, rows: NDArray[np.uint16], placed: Placed, first_row: int) -> Rows:
        """Rows whose placements are all written, with their sum of padding."""
        self.padding += rows.size - int(placed["length"].sum())
        language = np.full(len(rows), -1, np.int64)
        _row_languages(placed, first_row, len(self.tag_lengths), language)
        columns = {name: placed[name].copy() for name in Placements.__dataclass_fields__}
        return Rows(rows, language, Placements(**columns))


def plan(count: int, **columns: Any) -> Placed:  # noqa: ANN401 - arrays, or a scalar for all
    """`count` placements of the given columns of PLACED."""
    placed = np.zeros(count, PLACED)
    for name, values in columns.items():
        placed[name] = values
    return placed


@kernel
def _write(
    placed: Placed,
    ids: NDArray[np.uint16],
    tag_ids: NDArray[np.uint16],
    tag_offsets: NDArray[np.int64],
    end_of_text: np.uint16,
    first_row: int,
    rows: NDArray[np.uint16],
) -> None:
    """Each placement must lie in `rows`, and its text in `ids`."""
    flat = rows.reshape(-1)
    for index in range(len(placed)):
        placement = placed[index]
        tag = tag_offsets[placement["language"]]
        at = (placement["row"] - first_row) * rows.shape[1] + placement["offset"]
        for step in range(placement["tag_length"]):
            flat[at + step] = tag_ids[tag + step]
        at += placement["tag_length"]
        ends = np.int64(placement["ends"])
        count = placement["length"] - placement["tag_length"] - ends
        source = placement["source"]
        whole = count & -4  # four ids at a time
        for step in range(0, whole, 4):
            store64(flat, (at + step) * 2, load64(ids, (source + step) * 2))
        for step in range(whole, count):
            flat[at + step] = ids[source + step]
        if ends:
            flat[at + count] = end_of_text


@kernel
def _row_languages(placed: Placed, first_row: int, mixed: int, language: NDArray[np.int64]) -> None:
    """Set each row's language from those of its placements; -1 stands for none so far."""
    for index in range(len(placed)):
        row = placed[index]["row"] - first_row
        own = placed[index]["language"]
        if language[row] < 0:
            language[row] = own
        elif language[row] != own:
            language[row] = mixed
