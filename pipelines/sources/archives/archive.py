"""One archive, or the share of one that a part reads, and the names of its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa

from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError, UnreadableError
from codecorpus.pipelines.sources.batching import NAMES, RecordGroup
from codecorpus.pipelines.sources.io.filenames import ArchiveKind, escapes, is_ignored, spell

EXPANSION_BYTES: Final = 1 << 30
EXPANSION_RATIO: Final = 250
"""An archive that gives more than both allow is a bomb. Source code shrinks to about a fifth, and
deflate cannot shrink anything to less than a 1,032nd."""

CHANGED: Final = "it has changed since it was listed"


class Row(NamedTuple):
    """A record to be: its name, and why it has no content if that is known by now."""

    path: str
    error: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Archive:
    """One row of a part's inputs: an archive, or a share of it."""

    location: bytes
    """Absolute raw path, or URL."""
    kind: ArchiveKind
    path: str
    """Its file name, under which it has a row when it is damaged."""
    size: int
    stamp: str
    repository: str
    repository_bytes: int | None
    stars: int | None
    license: str | None
    share: int
    """Which share this is, from 0."""
    shares: int
    first: int
    """Of a zip's share: the byte of the directory where its first member is described. Of a tar's:
    the inflated byte from which on its members begin."""
    count: int
    """Of a zip's share: its number of members. Of a tar's: the inflated bytes that they begin in;
    the last share goes to the end."""

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
                columns[name] = repeated(getattr(self, name, None), kind, len(rows))
        return pa.record_batch([columns[name] for name in NAMES.names], schema=NAMES)


def damage_group(archive: Archive, trouble: UnreadableError) -> RecordGroup:
    """The one row that says what is wrong with an archive."""
    row = Row(archive.path, trouble.reason, trouble.detail)
    return RecordGroup(archive.names([row]), lambda _index, _into: 0)


def repeated(value: str | int | None, kind: pa.DataType, count: int) -> pa.Array:
    """A column of one value, or of nulls."""
    return pa.nulls(count, kind) if value is None else pa.repeat(pa.scalar(value, kind), count)


def most_bytes(size: int) -> int:
    """How many bytes an archive of `size` bytes may expand to."""
    return max(EXPANSION_BYTES, EXPANSION_RATIO * size)


def bomb(size: int) -> DamagedError:
    """The error of an archive that expands to more."""
    return DamagedError(
        ARCHIVE, f"a bomb: {size:,} bytes expand to more than {most_bytes(size):,}; not read on"
    )


def member_row(path: bytes, error: str | None, detail: str | None) -> Row | None:
    """The row of a member; None when it is no part of a repository."""
    if escapes(path):
        return Row(spell(path), ARCHIVE, "its path is absolute or climbs out of the archive")
    if is_ignored(path):
        return None
    return Row(spell(path), error, detail)
