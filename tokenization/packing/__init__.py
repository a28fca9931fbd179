"""Packing the ids of files into rows of one length: `pad`, `concat` and `best_fit`.

Every row begins with a tag, and holds tags, ids of texts, ends of text, and padding. The rows
depend on the files and their order alone, not on how many are added at a time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.errors import UsageError
from codecorpus.tokenization.packing.best_fit import BestFit
from codecorpus.tokenization.packing.concat import Concat
from codecorpus.tokenization.packing.pad import Pad
from codecorpus.tokenization.packing.rows import Placements, Rows, RowWriter

__all__ = ["PACKINGS", "Packer", "Placements", "Rows", "make_packer"]

PACKINGS: tuple[str, ...] = ("pad", "concat", "best_fit")


class Packer(Protocol):
    """Takes files in order, gives rows in order."""

    @property
    def padding(self) -> int:
        """Ids of padding in the rows that it has given so far."""

    def add(
        self,
        ids: NDArray[np.uint16],
        offsets: NDArray[np.int64],
        languages: NDArray[np.int64],
    ) -> Rows:
        """Add files; gives the rows that are complete by now, perhaps none.

        Args:
            ids: uint16, of the texts behind each other; not kept.
            offsets: int64[n + 1], where those of each file begin.
            languages: int64[n], index of each file's language.
        """

    def finish(self) -> Iterator[Rows]:
        """The rows that are left, a block at a time; to be called once, after the last `add`."""


def make_packer(
    packing: str,
    *,
    sequence_length: int,
    tags: tuple[NDArray[np.uint16], NDArray[np.int64]],
    end_of_text: int,
    languages: int,
    spool: Path | None = None,
) -> Packer:
    """A packer of one part.

    Args:
        packing: one of PACKINGS.
        sequence_length: rows have one id more.
        tags: the ids of each language's tag (uint16, behind each other) and where they begin
            (int64[languages + 1]).
        end_of_text: its id, which is also that of padding.
        languages: how many there are; this number marks a row with several.
        spool: a folder for the temporary file of `best_fit`.

    Raises:
        UsageError: there is no such packing, or rows are too short for a tag.
    """
    tag_ids, tag_offsets = tags
    assert len(tag_offsets) == languages + 1
    writer = RowWriter(
        sequence_length=sequence_length,
        tag_ids=tag_ids,
        tag_offsets=tag_offsets,
        end_of_text=end_of_text,
    )
    if packing == "pad":
        return Pad(writer)
    if packing == "concat":
        return Concat(writer)
    if packing == "best_fit":
        return BestFit(writer, spool)
    raise UsageError(f"packing {packing!r} is unknown; expected one of {', '.join(PACKINGS)}")
