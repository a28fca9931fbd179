"""The base class of the three packings."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from codecorpus.tokenization.packing.rows import Rows, RowWriter


class Packer(ABC):
    """Takes files in order and returns rows in order."""

    def __init__(self, writer: RowWriter) -> None:
        self._writer = writer

    @property
    def padding(self) -> int:
        """Number of padding ids in the rows returned so far."""
        return self._writer.padding

    @abstractmethod
    def add(
        self,
        ids: NDArray[np.uint16],
        offsets: NDArray[np.int64],
        languages: NDArray[np.int64],
    ) -> Rows:
        """Add n files and return the rows that are complete by now, if any.

        Args:
            ids: uint16, the concatenated ids of the texts; not kept.
            offsets: int64[n + 1]; file i has ids[offsets[i]:offsets[i + 1]].
            languages: int64[n], index of each file's language.
        """

    def finish(self) -> Iterator[Rows]:
        """The remaining rows, a block at a time; call it once, after the last `add`."""
        return iter(())
