"""`pad`: every segment has a row of its own, and padding behind it.

This is CodeGeeX's layout (its script, THUDM/CodeGeeX commit 2838420, pads every sample): simple,
and wasteful where files are short.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from codecorpus.tokenization.packing.rows import Rows, RowWriter, plan
from codecorpus.tokenization.segments import cut


class Pad:
    """One row for each segment; rows come at once."""

    def __init__(self, writer: RowWriter) -> None:
        self._writer = writer
        self._rows = 0
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
        """The rows of some files."""
        tag_lengths = self._writer.tag_lengths[languages]
        segments = cut(np.diff(offsets), tag_lengths, self._writer.width - 1)
        count = len(segments.file)
        placed = plan(
            count,
            row=np.arange(self._rows, self._rows + count),
            tag_length=tag_lengths[segments.file],
            length=tag_lengths[segments.file] + segments.length + segments.is_last,
            file=segments.file + self._files,
            segment=segments.segment,
            segments=segments.segments,
            language=languages[segments.file],
            source=offsets[segments.file] + segments.start,
            ends=segments.is_last,
        )
        first_row = self._rows
        rows = self._writer.empty(count)
        self._writer.write(placed, ids, rows, first_row)
        self._rows += count
        self._files += len(languages)
        return self._writer.finished(rows, placed, first_row)

    def finish(self) -> Iterator[Rows]:
        """Nothing is left."""
        return iter(())
