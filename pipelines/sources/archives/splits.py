"""How an archive is cut: a zip by ranges of members, a tar into stripes.

A tar has no directory, so a stripe inflates what lies before it, to go over the headers there.
"""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from codecorpus.pipelines.sources.archives import tar_archive, zip_archive
from codecorpus.pipelines.sources.archives.decompression import INFLATION, gzip_bytes, is_gzip
from codecorpus.pipelines.sources.base import UnreadableError
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.io.filenames import ArchiveKind
from codecorpus.pipelines.sources.io.local import Opened
from codecorpus.pipelines.sources.io.walk import Entry
from codecorpus.pipelines.sources.partition import NotSource, runs, weigh
from codecorpus.pipelines.storage.locations import is_remote

_MOST_STRIPES: Final = 2
"""As of lines (`lines.cutting`). A tar.gz of 116 MB, 60,000 members with 500 MB of code, took a
core 2.11 s uncut, and 0.94 + 1.42 s in two stripes, the second of which goes over what lies before
it. (Stripes that take turns, by 64 members, and both go over all of it, took 1.84 + 2.01 s.)"""


@dataclass(frozen=True)
class Share:
    """A share of an archive, and what it weighs in a part."""

    weight: int
    first: int = 0
    """Of a zip's range: the byte of the file where its first member is described. Of a stripe: the
    inflated byte where it begins."""
    count: int = 0
    """Of a zip's range: its number of members. Of a stripe: its inflated bytes, about."""


def cut(
    location: bytes,
    entry: Entry,
    kind: ArchiveKind,
    part_bytes: int,
    not_source: NotSource,
    max_repository_bytes: int | None,
) -> tuple[list[Share], int | None]:
    """The shares of an archive, and the sum of its members' sizes in bytes.

    The sum is null where it would take inflating a tar, or fetching one, and no limit is set, or
    the archive cannot be read; over the limit, it is what was seen by then. An archive that is
    damaged is one share: reading says what is wrong with it.
    """
    if kind == "tar" and max_repository_bytes is None and is_remote(location):
        return _stripes(location, entry, part_bytes), None  # else all of it would be fetched
    try:
        file, size, _ = _open(location, entry)
    except UnreadableError:
        return [Share(0)], None
    try:
        if kind == "tar":
            total = tar_archive.measure(file, size, max_repository_bytes)
            return _stripes(location, entry, part_bytes), total
        found = zip_archive.survey(file, size, with_paths=True)
        return _ranges(found, part_bytes, not_source), sum(found.sizes)
    except (UnreadableError, OSError):
        return [Share(size)], None
    finally:
        file.close()


def _open(location: bytes, entry: Entry) -> Opened:
    return open_file(location, (entry.size, str(entry.stamp)), again=False)


def _stripes(location: bytes, entry: Entry, part_bytes: int) -> list[Share]:
    """As many as a tar's weight asks for, all with the same share of its inflated bytes."""
    is_plain = location.lower().endswith(b".tar")
    weight = entry.size if is_plain else INFLATION * entry.size
    count = max(1, min(_MOST_STRIPES, -(-weight // part_bytes)))
    if count == 1:
        return [Share(weight)]
    each = (entry.size if is_plain else _inflated(location, entry)) // count
    return [Share(weight // count, each * stripe, each) for stripe in range(count)]


def _inflated(location: bytes, entry: Entry) -> int:
    """How many bytes a tar has when it is inflated, or about how many."""
    file, size, _ = _open(location, entry)
    try:
        return gzip_bytes(file, size) if is_gzip(file) else size
    finally:
        file.close()


def _ranges(found: zip_archive.Survey, part_bytes: int, not_source: NotSource) -> list[Share]:
    weights = weigh(pa.array(found.paths, pa.string()), found.sizes_array, not_source)
    total = int(weights.sum())
    if total <= part_bytes or found.damage is not None:
        return [Share(total)]
    return [
        Share(weight, found.described[start], end - start)
        for start, end, weight in runs(weights, part_bytes)
    ]
