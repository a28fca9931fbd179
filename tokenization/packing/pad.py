"""`pad`: every segment gets a row of its own, filled up with padding.

This is CodeGeeX's layout (its script, THUDM/CodeGeeX commit 2838420, pads every sample). It is
simple, and wasteful if files are short.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.tokenization.packing.packer import Packer
from codecorpus.tokenization.packing.rows import Rows, RowWriter


class Pad(Packer):
    """Returns one row for each segment, at once."""

    def __init__(self, writer: RowWriter) -> None:
        super().__init__(writer)
        self._rows = 0
        self._files = 0

    def add(
        self,
        ids: NDArray[np.uint16],
        offsets: NDArray[np.int64],
        languages: NDArray[np.int64],
    ) -> Rows:
        """Add n files and return all of their rows."""
        first_row = self._rows
        placed = self._writer.plan_segments(np.diff(offsets), offsets[:-1], languages)
        placed["file"] += self._files
        placed["row"] = np.arange(first_row, first_row + len(placed))
        rows = self._writer.empty(len(placed))
        self._writer.write(placed, ids, rows, first_row)
        self._rows += len(placed)
        self._files += len(languages)
        return self._writer.finished(rows, placed, first_row)
