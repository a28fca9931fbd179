"""`best_fit`: the segments of `pad`, packed into rows by best fit decreasing.

Best fit decreasing (Johnson, Demers, Ullman, Garey and Graham, "Worst-case performance bounds for
simple one-dimensional packing algorithms", 1974): segments are placed from the longest to the
shortest, each into the row with the least room that still holds it. Files that fit a row are not
split, and little padding remains.

Ties have a fixed order: of equally long segments, the one added first is placed first; of rows with
equally much room, the one that has had this room longest is used; rows are numbered as they are
opened. The ids lie in a temporary file until `finish`, so memory holds only a few hundred bytes for
each segment and one block of rows.
"""

import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import trailing_zeros
from codecorpus.foundation.compiling import kernel
from codecorpus.foundation.errors import StorageError
from codecorpus.tokenization.packing.packer import Packer
from codecorpus.tokenization.packing.rows import PLACED, Placed, Rows, RowWriter

BLOCK_ROWS = 2_048
"""Rows that `finish` returns at a time: 8 MB of rows of 2,049 ids."""


class BestFit(Packer):
    """Returns all rows in `finish`; the temporary file is deleted with the packer.

    Args:
        writer: writes the rows.
        spool: the folder for the temporary file; the system's by default.

    Raises:
        StorageError: the temporary file cannot be created, or written in `add`.
    """

    def __init__(self, writer: RowWriter, spool: Path | None = None) -> None:
        super().__init__(writer)
        self._folder = Path(spool or tempfile.gettempdir())
        with self._spooling():
            self._spool = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
        self._close = weakref.finalize(self, self._spool.close)
        self._lengths: list[NDArray[np.int64]] = []
        self._languages: list[NDArray[np.int64]] = []

    def add(
        self,
        ids: NDArray[np.uint16],
        offsets: NDArray[np.int64],
        languages: NDArray[np.int64],
    ) -> Rows:
        """Add n files; returns no rows."""
        used = np.ascontiguousarray(ids[offsets[0] : offsets[-1]]).view(np.uint8)
        with self._spooling():
            unwritten = used.data
            while unwritten:
                unwritten = unwritten[self._spool.write(unwritten) :]
        self._lengths.append(np.diff(offsets))
        self._languages.append(languages.copy())
        return self._writer.finished(self._writer.empty(0), np.empty(0, PLACED), 0)

    def finish(self) -> Iterator[Rows]:
        """All rows, a block at a time; then the temporary file is closed."""
        try:
            placed = self._plan()
            ids = np.empty(0, np.uint16)
            if any(lengths.any() for lengths in self._lengths):
                ids = np.asarray(np.memmap(self._spool, np.uint16, "r"))
            count = int(placed["row"][-1]) + 1 if len(placed) else 0
            for first in range(0, count, BLOCK_ROWS):
                end = min(first + BLOCK_ROWS, count)
                own = placed[slice(*np.searchsorted(placed["row"], [first, end]))]
                rows = self._writer.empty(end - first)
                self._writer.write(own, ids, rows, first)
                yield self._writer.finished(rows, own, first)
        finally:
            self._lengths, self._languages = [], []
            self._close()

    def _plan(self) -> Placed:
        """All placements, sorted by row and offset."""
        none = [np.empty(0, np.int64)]
        lengths = np.concatenate(none + self._lengths)
        languages = np.concatenate(none + self._languages)
        sources = np.cumsum(lengths) - lengths
        placed = self._writer.plan_segments(lengths, sources, languages)
        placed = placed[np.argsort(-placed["length"], kind="stable")]
        _assign_rows(placed, self._writer.width)
        return placed[np.argsort(placed["row"], kind="stable")]

    @contextmanager
    def _spooling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"{self._folder}: the ids of a part could not be written to a temporary file: "
                f"{error.strerror or error}; make room there, or use another folder"
            ) from error


@kernel
def _assign_rows(placed: Placed, width: int) -> None:
    """Set `row` and `offset` of each placement, in the given order.

    The rows with the same room form a queue. A bit for each amount of room tells whether its queue
    has a row, so the least sufficient room is found 64 amounts at a time.
    """
    none = np.int64(-1)
    first = np.full(width + 1, none)
    last = np.full(width + 1, none)
    following = np.full(len(placed), none)
    filled = np.zeros(width // 64 + 1, np.uint64)
    rows = 0
    for index in range(len(placed)):
        size = np.int64(placed[index]["length"])
        room = _least_room(filled, size)
        if room < 0:
            row = np.int64(rows)
            rows += 1
            room = np.int64(width)
        else:
            row = first[room]
            first[room] = following[row]
            if first[room] < 0:
                filled[room >> 6] ^= np.uint64(1) << np.uint64(room & 63)
        placed[index]["row"] = row
        placed[index]["offset"] = width - room
        room -= size
        following[row] = none
        if first[room] < 0:
            first[room] = row
            filled[room >> 6] |= np.uint64(1) << np.uint64(room & 63)
        else:
            following[last[room]] = row
        last[room] = row


@kernel
def _least_room(filled: NDArray[np.uint64], size: np.int64) -> np.int64:
    """The least amount of room of at least `size` whose bit is set, or -1."""
    word = size >> 6
    bits = filled[word] >> np.uint64(size & 63) << np.uint64(size & 63)
    while bits == 0:
        word += 1
        if word == len(filled):
            return np.int64(-1)
        bits = filled[word]
    return np.int64(word << 6) + np.int64(trailing_zeros(bits))
