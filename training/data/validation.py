"""Chooses the rows that are kept for validation: whole repositories, by a hash of their names.

A model that has seen a repository's other files knows much of a file, so a validation on random
rows is too good. Repositories are taken in the order of a hash of their names until the wanted
share of rows is reached. Repositories with over 5 % of all rows are not taken, and neither is one
that would carry the total over 5/3 of the share.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LARGEST: Final = 0.05
_EXCESS: Final = 5 / 3

TRAINING: Final = 0
VALIDATION: Final = 1
LEFT_OUT: Final = 2
"""The uses of a row; a row is left out if some of its files are kept for validation."""


@dataclass(frozen=True)
class RowFiles:
    """Which files the segments of rows come from.

    Attributes:
        first_segment: int64[rows + 1], the first segment of each row.
        file: int64[segments], the file of each segment.
        repository: int32[files], a number for each repository; -1 where it has no name.
        content_id: uint8[files, 20].
    """

    first_segment: NDArray[np.int64]
    file: NDArray[np.int64]
    repository: NDArray[np.int32]
    content_id: NDArray[np.uint8]


def choose(
    rows: RowFiles, repositories: Sequence[str], share: float
) -> tuple[NDArray[np.uint8], str]:
    """The use of each row, uint8[rows], and a warning, which may be empty.

    Args:
        rows: segments and files.
        repositories: names by number.
        share: of the rows to keep for validation; 0: none.
    """
    count = len(rows.first_segment) - 1
    if share == 0 or count == 0:
        return np.zeros(count, np.uint8), ""
    files = _by_repository(rows, repositories, share)
    uses = _uses(rows, files)
    if (uses == VALIDATION).sum() >= count * share / 2:
        return uses, ""
    files = _by_content(rows, share)
    uses = _uses(rows, files)
    warning = (
        "too few repositories with names for a validation on unseen ones; files are kept by a hash "
        "of their contents instead, so other files of their repositories are trained on"
    )
    if not (uses == VALIDATION).any():
        warning = "the corpus is too small for validation; it is turned off"
    return uses, warning


def _by_repository(rows: RowFiles, repositories: Sequence[str], share: float) -> NDArray[np.bool_]:
    """bool[files]: files of the repositories that are kept for validation."""
    count = len(rows.first_segment) - 1
    row = np.repeat(np.arange(count), np.diff(rows.first_segment))
    pairs = np.unique(np.stack([row, rows.repository[rows.file]], 1), axis=0)
    pairs = pairs[pairs[:, 1] >= 0]
    sizes = np.bincount(pairs[:, 1], minlength=len(repositories))
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in repositories]
    chosen = np.zeros(len(repositories) + 1, np.bool_)  # the last is for files without a name
    total = 0
    for number in sorted(range(len(repositories)), key=lambda number: digests[number]):
        size = int(sizes[number])
        if size > _LARGEST * count or total + size > share * _EXCESS * count:
            continue
        chosen[number] = True
        total += size
        if total >= share * count:
            break
    mask: NDArray[np.bool_] = chosen[rows.repository]
    return mask


def _by_content(rows: RowFiles, share: float) -> NDArray[np.bool_]:
    """bool[files]: files whose content id, which is a hash, is below a limit."""
    words = np.ascontiguousarray(rows.content_id[:, :8]).view(">u8")[:, 0]
    mask: NDArray[np.bool_] = words < np.uint64(share * 2**64)
    return mask


def _uses(rows: RowFiles, kept: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """uint8[rows], from bool[files], whether a file is kept for validation.

    A row is for validation if all of its files are. It is left out if some of them are, or if a
    file has the content of one that is kept.
    """
    words = np.ascontiguousarray(rows.content_id[:, :8]).view(np.uint64)[:, 0]
    shared = np.isin(words, words[kept]) & ~kept
    begins = rows.first_segment[:-1]
    of_segments = kept[rows.file].astype(np.int64)
    copies = shared[rows.file].astype(np.int64)
    counts = np.diff(rows.first_segment)
    inside, copied = _sums(of_segments, begins, counts), _sums(copies, begins, counts)
    uses = np.full(len(counts), TRAINING, np.uint8)
    uses[(inside > 0) | (copied > 0)] = LEFT_OUT
    uses[(inside == counts) & (counts > 0)] = VALIDATION
    return uses


def _sums(
    values: NDArray[np.int64], begins: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """int64[rows], the sum of the values of each row's segments."""
    total = np.concatenate([[0], np.cumsum(values)])
    sums: NDArray[np.int64] = total[begins + counts] - total[begins]
    return sums
