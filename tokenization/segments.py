"""Splitting a file's ids into the fewest segments that fit a row.

CodeGeeX puts its tag at the start of every segment of a long file. Its paper (arXiv 2303.17568)
does not say how files are split, and its published script slides a window that repeats most ids.
Here segments are contiguous and do not overlap, their sizes differ by at most one id, and the
longer ones come first. A row has sequence_length + 1 ids (the inputs and their next ids), of which
the tag and an end of text leave the rest to the segment.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.errors import UsageError


@dataclass(frozen=True)
class Segments:
    """Segments of n files, in the order of the files.

    Attributes:
        file: int64, index of the file.
        segment: int32, index in its file.
        segments: int32, number of segments of its file.
        start: int64, offset in the file's ids.
        length: int64, number of the file's ids; 0 for a file without ids.
    """

    file: NDArray[np.int64]
    segment: NDArray[np.int32]
    segments: NDArray[np.int32]
    start: NDArray[np.int64]
    length: NDArray[np.int64]

    @property
    def is_last(self) -> NDArray[np.bool_]:
        """bool, whether an end of text follows the segment."""
        last: NDArray[np.bool_] = self.segment == self.segments - 1
        return last


def check_sequence_length(sequence_length: int, longest_tag: int) -> None:
    """Raise a UsageError if a row has no room for a tag, one id and an end of text."""
    if sequence_length < longest_tag + 1:
        raise UsageError(
            f"sequence_length {sequence_length} is too small: a row of {sequence_length + 1} ids "
            f"must hold the longest tag ({longest_tag} ids), an id and an end of text; set it to "
            f"{longest_tag + 1} or more"
        )


def split_into_segments(
    lengths: NDArray[np.int64], tag_lengths: NDArray[np.int64], sequence_length: int
) -> Segments:
    """Split n files into segments; a file without ids becomes one empty segment.

    Args:
        lengths: int64[n], number of ids of each text.
        tag_lengths: int64[n], number of ids of each file's tag.
        sequence_length: one less than the ids of a row.

    Raises:
        UsageError: a tag leaves no room in a row.
    """
    check_sequence_length(sequence_length, int(tag_lengths.max(initial=0)))
    room = sequence_length - tag_lengths
    counts = np.maximum(1, -(-lengths // room))
    file = np.repeat(np.arange(len(lengths)), counts)
    segment = np.arange(len(file)) - (np.cumsum(counts) - counts)[file]
    size, longer = (lengths // counts)[file], (lengths % counts)[file]
    return Segments(
        file=file,
        segment=segment.astype(np.int32),
        segments=counts[file].astype(np.int32),
        start=segment * size + np.minimum(segment, longer),
        length=size + (segment < longer),
    )
