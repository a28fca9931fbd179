"""The records of any archive, and the one row that it gets when something is wrong with it."""

from collections.abc import Iterator

from codecorpus.pipelines.sources.archives import tar_archive, zip_archive
from codecorpus.pipelines.sources.archives.archive import CHANGED, Archive, damage_group
from codecorpus.pipelines.sources.base import ARCHIVE, IO, DamagedError, Limits, UnreadableError
from codecorpus.pipelines.sources.batching import RecordGroup
from codecorpus.pipelines.sources.io import open_file


def archive_groups(archive: Archive, limits: Limits) -> Iterator[RecordGroup]:
    """The members of an archive, or of a share of it; damage is a last row.

    Of a tar it is one of the share that it lies in, of a zip or a file that cannot be had of the
    first share.
    """
    try:
        yield from _members(archive, limits)
    except UnreadableError as trouble:
        if archive.share == 0:
            yield damage_group(archive, trouble)


def _members(archive: Archive, limits: Limits) -> Iterator[RecordGroup]:
    listed = archive.size, archive.stamp
    file, size, stamp = open_file(
        archive.location, listed, whole=archive.kind == "tar" and archive.shares > 1
    )
    try:
        # A zip's shares name places in its directory; what they were found in must be what is read.
        if archive.shares > 1 and listed != (size, stamp):
            raise DamagedError(ARCHIVE, CHANGED)
        read = tar_archive.groups if archive.kind == "tar" else zip_archive.groups
        yield from read(archive, file, size, limits)
    except OSError as error:
        raise DamagedError(IO, error.strerror or str(error)) from error
    finally:
        file.close()
