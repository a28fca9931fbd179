"""Collects the first reason to drop each row of a batch."""

import numpy as np
import pyarrow as pa

from codecorpus.filters.masks import Mask


class Decisions:
    """The reasons of n rows. The first reason of a row counts; later ones are ignored."""

    def __init__(self, rows: int) -> None:
        self._codes = np.full(rows, -1, np.int32)
        self._reasons: list[str] = []

    @property
    def undecided(self) -> Mask:
        """bool[n], the rows without a reason so far."""
        undecided: Mask = self._codes < 0
        return undecided

    def drop(self, rows: Mask, reason: str) -> None:
        """Drop `rows` (bool[n]) for a reason, except those that already have one."""
        chosen = rows & self.undecided
        if chosen.any():
            self._codes[chosen] = len(self._reasons)
            self._reasons.append(reason)

    def drop_each(self, reasons: pa.Array) -> None:
        """Drop each row for its own reason (string[n]); a null drops nothing."""
        encoded = reasons.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for code, reason in enumerate(encoded.dictionary.to_pylist()):
            self.drop(codes == code, reason)

    def to_arrow(self) -> pa.Array:
        """string[n], null for rows that are kept."""
        return pa.array(self._reasons, pa.string()).take(
            pa.array(self._codes, mask=self._codes < 0)
        )
