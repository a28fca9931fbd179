"""Rows of ids, and the placements of files in them.

A row has sequence_length + 1 ids and starts with a tag. A placement is a span of a row: the tag of
a file, ids of the file, and an end of text after the file's last ids. Everything between placements
is padding, which has the id of end of text.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import load64, store64
from codecorpus.foundation.columns import read_only
from codecorpus.foundation.compiling import kernel
from codecorpus.tokenization.segments import check_sequence_length, split_into_segments

PLACED = np.dtype(
    [
        ("row", np.int64),  # number of the row, from the packer's first
        ("offset", np.int32),  # offset of the tag in the row
        ("tag_length", np.int32),  # number of ids of the tag
        ("length", np.int32),  # number of ids of the tag, the text and the end of text together
        ("file", np.int64),  # number of the file, in the order of `add`
        ("segment", np.int32),  # index of the segment in its file
        ("segments", np.int32),  # number of segments of the file
        ("language", np.int64),  # index of the file's language
        ("source", np.int64),  # offset of the text's ids in the ids that are packed
        ("ends", np.bool_),  # whether an end of text follows the ids
    ]
)
"""A placement: which segment of which file is at which offset of which row."""

Placed = NDArray[np.void]
"""An array of PLACED."""


@dataclass(frozen=True)
class Rows:
    """Finished rows.

    Attributes:
        input_ids: uint16[r, sequence_length + 1].
        language: int64[r], index of the row's language, or the number of languages if the row has
            several.
        placements: PLACED, the placements in these rows, in their order.
    """

    input_ids: NDArray[np.uint16]
    language: NDArray[np.int64]
    placements: Placed


class RowWriter:
    """Knows the row length and the tags, and writes planned placements into rows.

    Args:
        sequence_length: one less than the ids of a row.
        tag_ids: uint16, the concatenated ids of all tags.
        tag_offsets: int64[languages + 1], offset of each language's tag.
        end_of_text: the id of end of text and of padding.

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
        """uint16[count, width] of padding."""
        return np.full((count, self.width), self._end_of_text, np.uint16)

    def plan_segments(
        self,
        lengths: NDArray[np.int64],
        sources: NDArray[np.int64],
        languages: NDArray[np.int64],
    ) -> Placed:
        """One placement for each segment of n files, still without row and offset.

        Args:
            lengths: int64[n], number of ids of each text.
            sources: int64[n], offset of each text's ids in the ids that are packed.
            languages: int64[n], index of each file's language.
        """
        tag_lengths = self.tag_lengths[languages]
        segments = split_into_segments(lengths, tag_lengths, self.width - 1)
        file = segments.file
        placed = np.zeros(len(file), PLACED)
        placed["tag_length"] = tag_lengths[file]
        placed["length"] = tag_lengths[file] + segments.length + segments.is_last
        placed["file"] = file
        placed["segment"] = segments.segment
        placed["segments"] = segments.segments
        placed["language"] = languages[file]
        placed["source"] = sources[file] + segments.start
        placed["ends"] = segments.is_last
        return placed

    def write(
        self, placed: Placed, ids: NDArray[np.uint16], rows: NDArray[np.uint16], first_row: int
    ) -> None:
        """Write planned placements into `rows`, whose first row has the number `first_row`."""
        _write(
            placed,
            read_only(ids),
            self._tag_ids,
            self._tag_offsets,
            np.uint16(self._end_of_text),
            first_row,
            rows,
        )

    def finished(self, rows: NDArray[np.uint16], placed: Placed, first_row: int) -> Rows:
        """Wrap rows whose placements are all written, and count their padding."""
        self.padding += rows.size - int(placed["length"].sum())
        language = np.full(len(rows), -1, np.int64)
        _row_languages(placed, first_row, len(self.tag_lengths), language)
        return Rows(rows, language, placed)


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
    """Copy tags, texts and ends of text; every placement must be within `rows` and `ids`."""
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
    """Set each row's language from those of its placements; `language` must be -1 before."""
    for index in range(len(placed)):
        row = placed[index]["row"] - first_row
        own = placed[index]["language"]
        if language[row] < 0:
            language[row] = own
        elif language[row] != own:
            language[row] = mixed
