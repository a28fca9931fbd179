"""Work done so far, for the progress display only; no result depends on it."""

from collections.abc import MutableSequence

BYTES, FILES, KEPT = 0, 1, 2


class Counters:
    """Bytes and files worked on, and files kept, summed over the workers of this machine.

    Args:
        cells: int64[3] shared between processes; None: counts of this object alone.
    """

    def __init__(self, cells: MutableSequence[int] | None = None) -> None:
        self._cells = cells if cells is not None else [0, 0, 0]

    def add(self, *, size: int = 0, files: int = 0, kept: int = 0) -> None:
        """Add to the counts; not atomic, so two workers adding at once may lose one addition."""
        self._cells[BYTES] += size
        self._cells[FILES] += files
        self._cells[KEPT] += kept

    def read(self) -> tuple[int, int, int]:
        """Bytes, files and kept files so far."""
        return self._cells[BYTES], self._cells[FILES], self._cells[KEPT]
