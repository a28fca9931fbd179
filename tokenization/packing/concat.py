"""`concat`: files follow each other; one that reaches the end of a row continues in the next.

A file's ids are those of its text and an end of text. Where a row has fewer than the file's tag + 2
ids left, they become padding and the file starts a new row. Where a row ends inside the file, even
right before its end of text, the rest continues in the next row, after the tag.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel
from codecorpus.tokenization.packing.packer import Packer
from codecorpus.tokenization.packing.rows import PLACED, Placed, Rows, RowWriter


class Concat(Packer):
    """Returns rows as soon as they are full; holds only the unfinished one."""

    def __init__(self, writer: RowWriter) -> None:
        super().__init__(writer)
        self._finished = 0  # rows returned so far
        self._open = writer.empty(0)  # the unfinished row, or no row
        self._open_placed = np.empty(0, PLACED)
        self._fill = writer.width  # ids in the unfinished row; full if there is no such row
        self._files = 0

    def add(
        self,
        ids: NDArray[np.uint16],
        offsets: NDArray[np.int64],
        languages: NDArray[np.int64],
    ) -> Rows:
        """Add n files and return the rows that they fill."""
        if not len(languages):
            return self._writer.finished(self._writer.empty(0), np.empty(0, PLACED), 0)
        placed = self._plan(offsets, languages)
        first = self._finished
        last = int(placed["row"][-1])
        rows = self._writer.empty(last - first + 1)
        rows[: len(self._open)] = self._open
        self._writer.write(placed, ids, rows, first)
        placed = np.concatenate([self._open_placed, placed])
        complete = placed["row"] < last
        self._open, self._open_placed = rows[-1:].copy(), placed[~complete]
        self._finished = last
        return self._writer.finished(rows[:-1], placed[complete], first)

    def finish(self) -> Iterator[Rows]:
        """The unfinished row."""
        if len(self._open):
            yield self._writer.finished(self._open, self._open_placed, self._finished)
            self._open, self._open_placed = self._open[:0], self._open_placed[:0]

    def _plan(self, offsets: NDArray[np.int64], languages: NDArray[np.int64]) -> Placed:
        tag_lengths = self._writer.tag_lengths[languages]
        most = np.diff(offsets) // (self._writer.width - tag_lengths) + 2
        placed = np.zeros(int(most.sum()), PLACED)
        count, self._fill = _place_files(
            offsets,
            languages,
            tag_lengths,
            self._files,
            self._writer.width,
            self._finished + len(self._open) - 1,
            self._fill,
            placed,
        )
        self._files += len(languages)
        return placed[:count]


@kernel
def _place_files(
    offsets: NDArray[np.int64],
    languages: NDArray[np.int64],
    tag_lengths: NDArray[np.int64],
    first_file: int,
    width: int,
    row: int,
    fill: int,
    placed: Placed,
) -> tuple[int, int]:
    """Place files from row `row` on, whose first `fill` ids are taken.

    `placed` must have room for as many placements of a file as its text fills rows, and two more.
    Returns the number of placements, and the number of ids taken in the last row.
    """
    count = 0
    for file in range(len(languages)):
        tag = tag_lengths[file]
        left = offsets[file + 1] - offsets[file] + 1  # including the end of text
        if width - fill < tag + 2:
            row += 1
            fill = 0
        first = count
        while True:
            taken = min(width - fill - tag, left)
            left -= taken
            placement = placed[count]
            placement["row"] = row
            placement["offset"] = fill
            placement["tag_length"] = tag
            placement["length"] = tag + taken
            placement["file"] = first_file + file
            placement["segment"] = count - first
            placement["language"] = languages[file]
            placement["source"] = offsets[file + 1] + 1 - left - taken
            placement["ends"] = left == 0
            fill = int(fill + tag + taken)
            count += 1
            if left == 0:
                break
            row += 1
            fill = 0
        for index in range(first, count):
            placed[index]["segments"] = count - first
    return count, fill
