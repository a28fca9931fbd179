"""The first reason found against each row of a batch."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class Decisions:
    """For n rows, the reason that keeps each out, or none yet; a later reason changes nothing."""

    def __init__(self, rows: int) -> None:
        self._codes = np.full(rows, -1, np.int32)
        self._reasons: list[str] = []

    @property
    def undecided(self) -> Mask:
        """bool[n], the rows that nothing speaks against so far."""
        undecided: Mask = self._codes < 0
        return undecided

    def drop(self, rows: Mask, reason: str) -> None:
        """Give `reason` to those of `rows` that have none yet."""
        chosen = rows & self.undecided
        if chosen.any():
            self._codes[chosen] = len(self._reasons)
            self._reasons.append(reason)

    def drop_each(self, reasons: pa.Array) -> None:
        """Give each row its own reason; null: none."""
        encoded = reasons.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for code, reason in enumerate(encoded.dictionary.to_pylist()):
            self.drop(codes == code, reason)

    def to_arrow(self) -> pa.Array:
        """string[n], null where nothing was found."""
        return pa.array(self._reasons, pa.string()).take(
            pa.array(self._codes, mask=self._codes < 0)
        )
