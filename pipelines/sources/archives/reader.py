"""Reads the records of any archive; damage becomes one row."""

from collections.abc import Iterator

from codecorpus.pipelines.sources.archives import tar_archive, zip_archive
from codecorpus.pipelines.sources.archives.archive import CHANGED, Archive, damage_group
from codecorpus.pipelines.sources.base import ARCHIVE, IO, DamagedError, Limits, UnreadableError
from codecorpus.pipelines.sources.batching import RecordGroup
from codecorpus.pipelines.sources.io import open_file


def archive_groups(archive: Archive, limits: Limits) -> Iterator[RecordGroup]:
    """The records of an archive, or of a split of it; damage becomes a last row.

    The split of a tar that contains the damage reports it. The damage of a zip, and of a file that
    cannot be opened, is reported by the first split.
    """
    try:
        yield from _members(archive, limits)
    except UnreadableError as error:
        if archive.split == 0:
            yield damage_group(archive, error)


def _members(archive: Archive, limits: Limits) -> Iterator[RecordGroup]:
    listed = archive.size, archive.stamp
    file, size, stamp = open_file(
        archive.location, listed, whole=archive.kind == "tar" and archive.splits > 1
    )
    try:
        # The splits of a zip are offsets in its directory, so the file must not have changed.
        if archive.splits > 1 and listed != (size, stamp):
            raise DamagedError(ARCHIVE, CHANGED)
        groups = tar_archive.groups if archive.kind == "tar" else zip_archive.groups
        yield from groups(archive, file, size, limits)
    except OSError as error:
        raise DamagedError(IO, error.strerror or str(error)) from error
    finally:
        file.close()
