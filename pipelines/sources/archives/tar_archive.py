"""Reads a tar, compressed with gzip or not, once from start to end.

The archive passes through a buffer of about a megabyte. Members that are in the buffer as a whole
form one group. A larger member is a group of its own, and is read directly into its batch, or
skipped. A member gets a row only when its data has been read or skipped, so a truncated archive
yields the members before the damage and nothing else.

A split of a tar consists of the members whose headers begin in a range of the decompressed bytes.
It follows the headers before the range without looking at names or data, and stops where the range
ends. The split whose range contains the damage reports it, because the splits before it stop
earlier, and those after it do not reach their range.
"""

from collections.abc import Iterator
from typing import Final

from codecorpus.pipelines.sources.archives.archive import Archive, Row, damage_group, member_row
from codecorpus.pipelines.sources.archives.decompression import Plain, open_stream
from codecorpus.pipelines.sources.archives.stream_buffer import StreamBuffer
from codecorpus.pipelines.sources.archives.tar_fields import BLOCK, padded
from codecorpus.pipelines.sources.archives.tar_headers import (
    CONTINUED,
    FOLDERS,
    LABEL,
    LINKS,
    SPECIAL,
    Header,
    next_header,
)
from codecorpus.pipelines.sources.base import ARCHIVE, IO, TOO_LARGE, DamagedError, Limits
from codecorpus.pipelines.sources.batching import RecordGroup
from codecorpus.pipelines.sources.io.local import NOT_REGULAR, File, too_large_error

_SPARSE: Final = "it is stored without its holes (a sparse file), which is not supported"


class _Members:
    """Iterates over the members that begin before an offset in the decompressed archive."""

    def __init__(self, file: File, size: int, stop: int | None = None) -> None:
        self.buffer = StreamBuffer(open_stream(file, size))
        self.unread = 0  # bytes of the current member that were neither read nor skipped
        self._stop = stop

    @property
    def next_is_buffered(self) -> bool:
        """Whether the next header is in the buffer."""
        return self.buffer.holds(self.unread + BLOCK)

    def next(self) -> Header | None:
        """The next member; None after the last, when the rest of the archive has been checked."""
        self._skip_rest()
        if self._stop is not None and self.buffer.position >= self._stop:
            return None
        header = next_header(self.buffer)
        if header is None:
            self.buffer.drain()
            return None
        self.unread = padded(header.size)
        return header

    def skip_to(self, offset: int) -> bool:
        """Skip the members that begin before an offset; return False if there are no others."""
        self._skip_rest()
        while self.buffer.position < offset:
            if self.next() is None:
                return False
            self._skip_rest()
        return True

    def _skip_rest(self) -> None:
        self.buffer.skip(self.unread)
        self.unread = 0

    def take(self, header: Header) -> memoryview:
        """The data of the current member, which the buffer holds."""
        self.unread -= header.size
        return self.buffer.take(header.size)


def groups(archive: Archive, file: File, size: int, limits: Limits) -> Iterator[RecordGroup]:
    """The records of an archive, or of a split of it; damage becomes a last row."""
    is_last = archive.split == archive.splits - 1
    members = _Members(file, size, None if is_last else archive.first + archive.count)
    try:
        if not members.skip_to(archive.first):
            return
    except DamagedError:  # an earlier split reports it
        return
    try:
        yield from _groups(archive, members, limits)
    except DamagedError as damage:
        yield damage_group(archive, damage)


def _groups(archive: Archive, members: _Members, limits: Limits) -> Iterator[RecordGroup]:
    buffered: list[tuple[Row, memoryview]] = []
    damage = None
    while True:
        if buffered and not members.next_is_buffered:
            yield _buffered_group(archive, buffered)
            buffered = []
        try:
            header = members.next()
        except DamagedError as error:
            header, damage = None, error
        if header is None:
            break
        row = _row(header, limits.record_bytes)
        if row is None:
            continue
        if members.buffer.holds(header.size):
            buffered.append((row, members.take(header)))
            continue
        if buffered:
            yield _buffered_group(archive, buffered)
            buffered = []
        yield _large_group(archive, row, header, members)
    if buffered:
        yield _buffered_group(archive, buffered)
    if damage is not None:
        raise damage


def measure(file: File, size: int, limit: int | None) -> int | None:
    """The sum of the members' sizes in bytes; once it exceeds the limit, that of those so far.

    None for a compressed archive without a limit, which would be decompressed only for this. For a
    damaged archive, the sum of the members before the damage.
    """
    if limit is None and not isinstance(open_stream(file, size), Plain):
        return None
    members = _Members(file, size)
    total = 0
    try:
        while (limit is None or total <= limit) and (header := members.next()) is not None:
            if _row(header, header.size) is not None:
                total += header.size
    except DamagedError:
        pass
    return total


def _row(header: Header, record_bytes: int) -> Row | None:
    """The row of a member; None for folders, links and labels."""
    if header.kind in FOLDERS or header.kind in LINKS or header.kind == LABEL:
        return None
    if header.kind in SPECIAL:
        return member_row(header.name, IO, NOT_REGULAR)
    if header.kind == CONTINUED:
        return member_row(header.name, ARCHIVE, "it began in another archive")
    if header.is_sparse:
        return member_row(header.name, ARCHIVE, _SPARSE)
    if header.size > record_bytes:
        detail = too_large_error(header.size, record_bytes).detail
        return member_row(header.name, TOO_LARGE, detail)
    return member_row(header.name, None, None)


def _buffered_group(archive: Archive, members: list[tuple[Row, memoryview]]) -> RecordGroup:
    def read_into(index: int, buffer: memoryview | None) -> int:
        if buffer is None:
            return 0
        _, data = members[index]
        buffer[: len(data)] = data
        return len(data)

    return RecordGroup(archive.names([row for row, _ in members]), read_into)


def _large_group(archive: Archive, row: Row, header: Header, members: _Members) -> RecordGroup:
    """The group of one member that extends beyond the buffer."""

    def read_into(_index: int, buffer: memoryview | None) -> int:
        members.unread -= header.size
        if buffer is None:
            members.buffer.skip(header.size)
            return 0
        members.buffer.copy_into(buffer[: header.size])
        return header.size

    return RecordGroup(archive.names([row]), read_into)
