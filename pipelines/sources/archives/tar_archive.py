"""A tar, compressed with gzip or not, read once from beginning to end.

The archive passes through a window of a megabyte. The members that lie in it are one group: names
first, then copies of what is wanted. A member that reaches beyond is a group of its own, inflated
straight into its batch, or dropped. So it has no row until its data has passed, and of an archive
that is cut, the members before the cut are taken and nothing else.

A share of a tar takes the members whose headers begin in a stretch of the inflated bytes. It goes
over the headers before it without looking at names or data, and stops where the stretch ends. What
is damaged shows in the share that the bytes belong to, since those before stop, and those behind
do not get there.
"""

from collections.abc import Iterator
from typing import NamedTuple

from codecorpus.pipelines.sources.archives.archive import (
    Archive,
    Row,
    bomb,
    damage_group,
    member_row,
    most_bytes,
)
from codecorpus.pipelines.sources.archives.decompression import Plain, open_stream
from codecorpus.pipelines.sources.archives.sparse import expand
from codecorpus.pipelines.sources.archives.stream_buffer import Window
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
from codecorpus.pipelines.sources.io.local import NOT_REGULAR, File, too_large


class _Held(NamedTuple):
    """A member whose data lies in the window."""

    row: Row
    header: Header
    data: memoryview


class _Walk:
    """The members of an archive in order, those that begin before the inflated byte `stop`."""

    def __init__(self, file: File, size: int, stop: int | None = None) -> None:
        self.window = Window(open_stream(file, size))
        self.owed = 0  # bytes of the member before that have not been passed
        self._size = size
        self._stop = stop
        self._unpacked = 0  # bytes of sparse files, which need no bytes in the archive

    @property
    def next_in_window(self) -> bool:
        """Whether the next header can be looked at without moving the window."""
        return self.window.holds(self.owed + BLOCK)

    def next(self) -> Header | None:
        """The next member; None behind the last one, when all that follows has been checked."""
        self._pass()
        if self._stop is not None and self.window.place >= self._stop:
            return None
        header = next_header(self.window)
        if header is None:
            self.window.drain()
            return None
        self.owed = padded(header.stored)
        self._unpacked += header.size if header.sparse is not None else 0
        if self._unpacked > most_bytes(self._size):
            raise bomb(self._size)
        return header

    def pass_to(self, begin: int) -> bool:
        """Go over the members that begin before an inflated byte; False if there are no others."""
        self._pass()
        while self.window.place < begin:
            if self.next() is None:
                return False
            self._pass()
        return True

    def _pass(self) -> None:
        """Pass over what is left of a member."""
        self.window.skip(self.owed)
        self.owed = 0

    def take(self, header: Header) -> memoryview:
        """The member's data, which the window holds."""
        self.owed -= header.stored
        return self.window.take(header.stored)


def groups(archive: Archive, file: File, size: int, limits: Limits) -> Iterator[RecordGroup]:
    """The members of an archive, or of a share of it; behind the last one its damage, if any."""
    is_last = archive.share == archive.shares - 1
    walk = _Walk(file, size, None if is_last else archive.first + archive.count)
    try:
        if not walk.pass_to(archive.first):
            return
    except DamagedError:  # a share before this one has met it
        return
    try:
        yield from _members(archive, walk, limits)
    except DamagedError as damage:
        yield damage_group(archive, damage)


def _members(archive: Archive, walk: _Walk, limits: Limits) -> Iterator[RecordGroup]:
    held: list[_Held] = []
    while True:
        if held and not walk.next_in_window:
            yield _group(archive, held)
            held = []
        try:
            header = walk.next()
        except DamagedError:
            if held:
                yield _group(archive, held)
            raise
        if header is None:
            break
        row = _row(header, limits.record_bytes)
        if row is None:
            continue
        if walk.window.holds(header.stored):
            held.append(_Held(row, header, walk.take(header)))
            continue
        if held:
            yield _group(archive, held)
            held = []
        yield _passing(archive, row, header, walk)
    if held:
        yield _group(archive, held)


def measure(file: File, size: int, most: int | None) -> int | None:
    """The sum of the members' sizes; once it is over `most`, the sum up to there.

    None for a compressed archive when no limit is given: it would have to be inflated for nothing
    else. Of a damaged archive, the sum of the members before the damage.
    """
    if most is None and not isinstance(open_stream(file, size), Plain):
        return None
    walk = _Walk(file, size)
    total = 0
    try:
        while (most is None or total <= most) and (header := walk.next()) is not None:
            if _row(header, header.size) is not None:
                total += header.size
    except DamagedError:
        pass
    return total


def _row(header: Header, record_bytes: int) -> Row | None:
    if header.kind in FOLDERS or header.kind in LINKS or header.kind == LABEL:
        return None
    if header.kind in SPECIAL:
        return member_row(header.name, IO, NOT_REGULAR)
    if header.kind == CONTINUED:
        return member_row(header.name, ARCHIVE, "it began in another archive")
    if max(header.size, header.stored) > record_bytes:
        return member_row(header.name, TOO_LARGE, too_large(header.size, record_bytes).detail)
    return member_row(header.name, None, None)


def _group(archive: Archive, held: list[_Held]) -> RecordGroup:
    def fill(index: int, into: memoryview | None) -> int:
        if into is None:
            return 0
        _, header, data = held[index]
        if header.sparse is not None:
            return expand(header.sparse, data, into)
        into[: len(data)] = data
        return len(data)

    return RecordGroup(archive.names([member.row for member in held]), fill)


def _passing(archive: Archive, row: Row, header: Header, walk: _Walk) -> RecordGroup:
    """The group of one member that reaches beyond the window."""

    def fill(_index: int, into: memoryview | None) -> int:
        walk.owed -= header.stored
        if into is None:
            walk.window.skip(header.stored)
            return 0
        data = (
            into[: header.stored] if header.sparse is None else memoryview(bytearray(header.stored))
        )
        walk.window.copy(data)
        return len(data) if header.sparse is None else expand(header.sparse, data, into)

    return RecordGroup(archive.names([row]), fill)
