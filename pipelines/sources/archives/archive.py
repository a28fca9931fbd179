"""An archive, or the split of one that a part reads, and the names of its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa

from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError, UnreadableError
from codecorpus.pipelines.sources.batching import NAMES, RecordGroup
from codecorpus.pipelines.sources.io.filenames import (
    ArchiveKind,
    decode_name,
    is_ignored,
    leaves_folder,
)

EXPANSION_BYTES: Final = 1 << 30
EXPANSION_RATIO: Final = 250
"""An archive that expands to more than both allow is a bomb. Source code compresses to about a
fifth, and deflate compresses nothing to less than 1/1,032."""

CHANGED: Final = "it has changed since it was listed"


class Row(NamedTuple):
    """A record of an archive: its path, and an error if it is already known to be unreadable."""

    path: str
    error: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Archive:
    """A row of a part's table: an archive, or a split of it."""

    location: bytes
    """Absolute raw path, or URL."""
    kind: ArchiveKind
    path: str
    """The file name of the archive; the path of the row that reports damage."""
    size: int
    stamp: str
    repository: str
    repository_bytes: int | None
    stars: int | None
    license: str | None
    split: int
    """The number of this split, from 0."""
    splits: int
    first: int
    """Of a zip: the offset of the first member's entry in the directory. Of a tar: the offset in
    the decompressed archive from which on the split's members begin."""
    count: int
    """Of a zip: the number of members. Of a tar: the length in decompressed bytes of the range in
    which the split's members begin; the last split extends to the end."""

    def names(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """The rows as a batch of NAMES."""
        columns = {
            "path": pa.array([row.path for row in rows], pa.string()),
            "error": pa.array([row.error for row in rows], pa.string()),
            "detail": pa.array([row.detail for row in rows], pa.string()),
        }
        for name in NAMES.names:
            if name not in columns:
                kind = NAMES.field(name).type
                columns[name] = constant_column(getattr(self, name, None), kind, len(rows))
        return pa.record_batch([columns[name] for name in NAMES.names], schema=NAMES)


def damage_group(archive: Archive, error: UnreadableError) -> RecordGroup:
    """A group of one row that reports a damaged archive."""
    row = Row(archive.path, error.reason, error.detail)
    return RecordGroup(archive.names([row]), lambda _index, _buffer: 0)


def constant_column(value: str | int | None, kind: pa.DataType, count: int) -> pa.Array:
    """A column that repeats a value `count` times; None: nulls."""
    return pa.nulls(count, kind) if value is None else pa.repeat(pa.scalar(value, kind), count)


def max_expansion(size: int) -> int:
    """The largest number of bytes to which an archive of `size` bytes may expand."""
    return max(EXPANSION_BYTES, EXPANSION_RATIO * size)


def bomb_error(size: int) -> DamagedError:
    """The error of an archive of `size` bytes that expands to more than `max_expansion`."""
    return DamagedError(
        ARCHIVE,
        f"a bomb: {size:,} bytes expand to more than {max_expansion(size):,}; reading stopped",
    )


def member_row(path: bytes, error: str | None, detail: str | None) -> Row | None:
    """The row of a member; None if its path does not belong to a repository, such as `.git`."""
    if leaves_folder(path):
        return Row(decode_name(path), ARCHIVE, "its path is absolute or leads out of the archive")
    if is_ignored(path):
        return None
    return Row(decode_name(path), error, detail)
