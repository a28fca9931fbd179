"""`concat`: files follow each other, and one that meets the row's end goes on in the next row.

A file's ids are those of its text and an end of text. Where fewer than its tag + 2 ids are left of
a row, they are padding and the file begins a new row; where the row ends inside the file, also
right before its end of text, the rest follows in the next row after the tag.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel
from codecorpus.tokenization.packing.rows import PLACED, Placed, Rows, RowWriter


class Concat:
    """Holds one unfinished row; the rows before it come at once."""

    def __init__(self, writer: RowWriter) -> None:
        self._writer = writer
        self._finished = 0  # rows that have been returned
        self._open = writer.empty(0)  # the unfinished row, if there is one
        self._open_placed = np.empty(0, PLACED)
        self._fill = writer.width  # ids in the unfinished row; without one, as if full
        self._files = 0

    @property
    def padding(self) -> int:
        """Ids of padding in the rows so far."""
        return self._writer.padding

    def add(
        self,
        ids: NDArray[np.uint16],
        offsets: NDArray[np.int64],
        languages: NDArray[np.int64],
    ) -> Rows:
        """The rows that these files complete."""
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
        """The last row."""
        if len(self._open):
            yield self._writer.finished(self._open, self._open_placed, self._finished)
            self._open, self._open_placed = self._open[:0], self._open_placed[:0]

    def _plan(self, offsets: NDArray[np.int64], languages: NDArray[np.int64]) -> Placed:
        tag_lengths = self._writer.tag_lengths[languages]
        stretches = np.diff(offsets) // (self._writer.width - tag_lengths) + 2
        placed = np.zeros(int(stretches.sum()), PLACED)
        count, self._fill = _place(
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
def _place(
    offsets: NDArray[np.int64],
    languages: NDArray[np.int64],
    tag_lengths: NDArray[np.int64],
    first_file: int,
    width: int,
    row: int,
    fill: int,
    placed: Placed,
) -> tuple[int, int]:
    """Place files from the row `row` on, of which `fill` ids are taken.

    `placed` has room for one placement for each full row that a file's text makes, and two more.
    Returns how many there are, and how many ids of the last row are taken.
    """
    count = 0
    for file in range(len(languages)):
        tag = tag_lengths[file]
        left = offsets[file + 1] - offsets[file] + 1  # with the end of text
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
