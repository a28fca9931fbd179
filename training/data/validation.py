"""Chooses the rows that are kept for validation: whole repositories, by a hash of their names.

A model that has seen a repository's other files knows much of a file, so a validation on random
rows is too good. Repositories are taken in the order of a hash of their names until the wanted
share of rows is reached. Repositories with over 5 % of all rows are not taken, and neither is one
that would carry the total over 5/3 of the share.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LARGEST: Final = 0.05
_EXCESS: Final = 5 / 3
_CHUNK: Final = 1 << 20  # rows that are in memory at once

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
    limit = share
    uses = _uses(rows, _by_content(rows, limit))
    while (uses == VALIDATION).sum() > count * share * _EXCESS:
        limit /= 2
        uses = _uses(rows, _by_content(rows, limit))
    if not (uses == VALIDATION).any():
        return np.zeros(count, np.uint8), "the corpus is too small for validation; it is turned off"
    return uses, (
        "too few repositories with names for a validation on unseen ones; files are kept by a hash "
        "of their contents instead, so other files of their repositories are trained on"
    )


def _chunks(rows: RowFiles) -> Iterator[tuple[slice, slice, NDArray[np.int64]]]:
    """Ranges of rows, their segments, and the row of each segment from 0 within the range."""
    count = len(rows.first_segment) - 1
    for begin in range(0, count, _CHUNK):
        end = min(begin + _CHUNK, count)
        first = rows.first_segment[begin : end + 1]
        row = np.repeat(np.arange(end - begin), np.diff(first))
        yield slice(begin, end), slice(int(first[0]), int(first[-1])), row


def _by_repository(rows: RowFiles, repositories: Sequence[str], share: float) -> NDArray[np.bool_]:
    """bool[files]: files of the repositories that are kept for validation."""
    count = len(rows.first_segment) - 1
    sizes = np.zeros(len(repositories) + 1, np.int64)  # the last is for files without a name
    for _, segments, row in _chunks(rows):
        owner = rows.repository[rows.file[segments]].astype(np.int64)
        pairs = np.unique(row * len(sizes) + owner % len(sizes))
        sizes += np.bincount(pairs % len(sizes), minlength=len(sizes))
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in repositories]
    chosen = np.zeros(len(sizes), np.bool_)
    total = 0
    for number in sorted(range(len(repositories)), key=digests.__getitem__):
        size = int(sizes[number])
        if size > _LARGEST * count or total + size > share * _EXCESS * count:
            continue
        chosen[number] = True
        total += size
        if total >= share * count:
            break
    mask: NDArray[np.bool_] = chosen[rows.repository]
    return mask


def _by_content(rows: RowFiles, limit: float) -> NDArray[np.bool_]:
    """bool[files]: all files of the rows whose first file has a hash below a limit.

    The hash is the content id. Choosing files by theirs would leave hardly a row of several files
    with all of them chosen. Where files continue in other rows, more rows have only chosen files
    than were drawn.

    Args:
        rows: segments and files.
        limit: 1 for the largest hash.
    """
    chosen = np.zeros(len(rows.repository), np.bool_)
    for part, segments, row in _chunks(rows):
        counts = np.diff(rows.first_segment[part.start : part.stop + 1])
        filled = np.flatnonzero(counts > 0)
        firsts = rows.file[rows.first_segment[part][filled]]
        words = np.ascontiguousarray(rows.content_id[firsts, :8]).view(">u8")[:, 0]
        is_chosen = np.zeros(len(counts), np.bool_)
        is_chosen[filled] = words < np.uint64(limit * 2**64)
        chosen[rows.file[segments][is_chosen[row]]] = True
    return chosen


def _uses(rows: RowFiles, kept: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """uint8[rows], from bool[files], whether a file is kept for validation.

    A row is for validation if all of its files are. It is left out if some of them are, or if a
    file has the content of one that is kept.
    """
    uses = np.full(len(rows.first_segment) - 1, TRAINING, np.uint8)
    held = np.unique(_words(rows.content_id[kept]))
    for part, segments, row in _chunks(rows):
        files, size = rows.file[segments], part.stop - part.start
        inside = kept[files]
        words = _words(rows.content_id[files])
        at = np.minimum(np.searchsorted(held, words), max(0, len(held) - 1))
        copied = held[at] == words if len(held) else np.zeros(len(files), np.bool_)
        touched = np.bincount(row[inside | copied], minlength=size)
        whole = np.bincount(row[inside], minlength=size)
        counts = np.bincount(row, minlength=size)
        mine = uses[part]
        mine[touched > 0] = LEFT_OUT
        mine[(whole == counts) & (counts > 0)] = VALIDATION
    return uses


def _words(content_id: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """uint64[n], the first eight bytes of content ids."""
    words: NDArray[np.uint64] = np.ascontiguousarray(content_id[:, :8]).view(np.uint64)[:, 0]
    return words
