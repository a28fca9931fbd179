"""Packing the ids of files into rows of one length: `pad`, `concat` and `best_fit`.

Every row starts with a tag, and consists of tags, ids of texts, ends of text, and padding. The rows
depend only on the files and their order, not on how many files are added at a time.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.errors import UsageError
from codecorpus.tokenization.packing.best_fit import BestFit
from codecorpus.tokenization.packing.concat import Concat
from codecorpus.tokenization.packing.packer import Packer
from codecorpus.tokenization.packing.pad import Pad
from codecorpus.tokenization.packing.rows import Placed, Rows, RowWriter

__all__ = ["PACKINGS", "Packer", "Placed", "Rows", "make_packer"]

PACKINGS: tuple[str, ...] = ("pad", "concat", "best_fit")


def make_packer(
    packing: str,
    *,
    sequence_length: int,
    tags: tuple[NDArray[np.uint16], NDArray[np.int64]],
    end_of_text: int,
    spool: Path | None = None,
) -> Packer:
    """Create the packer of one part.

    Args:
        packing: one of PACKINGS.
        sequence_length: one less than the ids of a row.
        tags: uint16, the concatenated ids of the languages' tags, and their offsets,
            int64[languages + 1]. The number of languages marks a row with several languages.
        end_of_text: the id of end of text, which is also the id of padding.
        spool: the folder for the temporary file of `best_fit`.

    Raises:
        UsageError: the packing is unknown, or rows are too short for a tag.
    """
    tag_ids, tag_offsets = tags
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
