"""Reads a zip: its central directory lists the members, which are then read at their offsets.

A split of a zip is a range of its members. Members may not overlap: an archive whose members share
their data (Fifield, "A better zip bomb", WOOT 2019) is refused as a whole, and so is one whose
members' sizes add up to more than `max_expansion`. A zip without a central directory, such as a
truncated one, is one unreadable row.
"""

import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np
from isal import isal_zlib

from codecorpus.pipelines.sources.archives.archive import (
    Archive,
    Row,
    bomb_error,
    max_expansion,
    member_row,
)
from codecorpus.pipelines.sources.archives.decompression import ISAL_ERROR
from codecorpus.pipelines.sources.archives.zip_directory import (
    DEFLATED,
    LOCAL,
    LOCAL_SIGNATURE,
    STORED,
    Directory,
    Member,
    find_directory,
    read_members,
)
from codecorpus.pipelines.sources.base import (
    ARCHIVE,
    IO,
    TOO_LARGE,
    DamagedError,
    Limits,
    UnreadableError,
)
from codecorpus.pipelines.sources.batching import ReadInto, RecordGroup
from codecorpus.pipelines.sources.io.local import (
    NOT_REGULAR,
    File,
    too_large_error,
    unreadable_error,
)

_GROUP_MEMBERS: Final = 1_024
_READ_BYTES: Final = 1 << 18  # compressed bytes read at a time
_INFLATE_BYTES: Final = 4 << 20  # bytes inflated at a time
_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_MAX_VALUE: Final = 1 << 62  # larger sizes and offsets are clipped, to fit int64


@dataclass
class Listing:
    """What the directory says about all members, links and folders included.

    Attributes:
        sizes: of each member in bytes.
        entry_offsets: of each member's entry in the directory.
        starts, ends: the range of bytes that each member occupies at least.
        paths: names, empty for members without a record; empty if they were not asked for.
        damage: why the directory ended early.
    """

    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    entry_offsets: "array[int]" = field(default_factory=lambda: array("q"))
    starts: "array[int]" = field(default_factory=lambda: array("q"))
    ends: "array[int]" = field(default_factory=lambda: array("q"))
    paths: list[str] = field(default_factory=list)
    damage: DamagedError | None = None


def list_members(file: File, size: int, *, with_paths: bool = False) -> Listing:
    """Read the whole directory.

    Raises:
        DamagedError: there is no directory, or the archive is a bomb.
    """
    directory = find_directory(file, size)
    listing = Listing()
    try:
        for member in read_members(file, directory):
            start, end = member.span
            listing.sizes.append(min(member.size, _MAX_VALUE))
            listing.entry_offsets.append(member.entry_offset)
            listing.starts.append(min(start, _MAX_VALUE))
            listing.ends.append(min(end, _MAX_VALUE))
            if with_paths:
                row = _row(member, _MAX_VALUE)
                listing.paths.append(row.path if row is not None and row.error is None else "")
    except DamagedError as damage:
        listing.damage = damage
    _refuse_bomb(listing, directory, size)
    return listing


def _refuse_bomb(listing: Listing, directory: Directory, size: int) -> None:
    if sum(listing.sizes) > max_expansion(size):
        raise bomb_error(size)
    starts, ends = np.array(listing.starts, np.int64), np.array(listing.ends, np.int64)
    order = np.argsort(starts, kind="stable")
    next_starts = np.append(starts[order][1:], directory.start)
    if np.any(ends[order] > next_starts):
        raise DamagedError(ARCHIVE, "a bomb, or damaged: members overlap; none was read")


def groups(archive: Archive, file: File, size: int, limits: Limits) -> Iterator[RecordGroup]:
    """The records of an archive, or of a split of it.

    Raises:
        DamagedError: after the last complete member.
    """
    reader = _MemberReader(file, size, limits.record_bytes)
    for members, damage in _chunks(_members(archive, file, size)):
        rows = [(member, _row(member, limits.record_bytes)) for member in members]
        records = [(member, row) for member, row in rows if row is not None]
        if records:
            names = archive.names([row for _, row in records])
            yield RecordGroup(names, reader.read_into([member for member, _ in records]))
        if damage is not None:
            raise damage


def _members(archive: Archive, file: File, size: int) -> Iterator[Member]:
    directory = find_directory(file, size)
    if archive.splits > 1:
        yield from islice(read_members(file, directory, archive.first), archive.count)
    else:
        list_members(file, size)  # refuses bombs
        yield from read_members(file, directory)


def _chunks(members: Iterable[Member]) -> Iterator[tuple[list[Member], DamagedError | None]]:
    """Members in lists of up to _GROUP_MEMBERS, the last with the damage that ended them."""
    chunk: list[Member] = []
    damage = None
    try:
        for member in members:
            chunk.append(member)
            if len(chunk) == _GROUP_MEMBERS:
                yield chunk, None
                chunk = []
    except DamagedError as error:
        damage = error
    yield chunk, damage


def _row(member: Member, record_bytes: int) -> Row | None:
    """The row of a member; None for links and folders."""
    if member.is_link or member.name.endswith(b"/"):
        return None
    error, detail = None, None
    if member.is_special:
        error, detail = IO, NOT_REGULAR
    elif member.flags & _ENCRYPTED:
        error, detail = ARCHIVE, "it is encrypted"
    elif member.method not in {STORED, DEFLATED}:
        error, detail = ARCHIVE, f"compression method {member.method} is not supported"
    elif member.size > record_bytes:
        error, detail = TOO_LARGE, too_large_error(member.size, record_bytes).detail
    return member_row(member.name, error, detail)


class _MemberReader:
    """Reads the contents of members, up to `max_expansion` bytes in total."""

    def __init__(self, file: File, size: int, record_bytes: int) -> None:
        self._file = file
        self._record_bytes = record_bytes
        self._remaining = max_expansion(size)
        self._bomb_detail = bomb_error(size).detail

    def read_into(self, members: list[Member]) -> ReadInto:
        """A function that reads one of these members by its index."""

        def read_into(index: int, buffer: memoryview | None) -> int:
            if buffer is None:
                return 0
            try:
                return self._read(members[index], buffer)
            except OSError as error:
                raise unreadable_error(error) from error

        return read_into

    def _read(self, member: Member, buffer: memoryview) -> int:
        if self._remaining <= 0:  # members were larger than their sizes in the directory
            raise UnreadableError(ARCHIVE, self._bomb_detail)
        header = self._file.pread(LOCAL.size, member.offset)
        if len(header) < LOCAL.size or header[:4] != LOCAL_SIGNATURE:
            raise UnreadableError(ARCHIVE, "it is not at its offset in the central directory")
        name_length, extra_length = LOCAL.unpack(header)[-2:]
        at = member.offset + LOCAL.size + name_length + extra_length
        read = self._inflate if member.method == DEFLATED else self._copy
        length = read(member, at, buffer)
        self._remaining -= length
        if length > self._record_bytes:
            raise too_large_error(length, self._record_bytes)
        if length != member.size or isal_zlib.crc32(buffer[:length]) != member.crc:
            raise UnreadableError(
                ARCHIVE, "its size or checksum differs from that in the central directory"
            )
        return length

    def _copy(self, member: Member, at: int, buffer: memoryview) -> int:
        """Read a stored member; return its length, which is shorter if the file is truncated."""
        wanted = min(member.compressed, len(buffer))
        length = 0
        while length < wanted and (
            count := self._file.preadinto(buffer[length:wanted], at + length)
        ):
            length += count
        return length

    def _inflate(self, member: Member, at: int, buffer: memoryview) -> int:
        """Inflate a member until it ends or the buffer is full; return its length."""
        inflater = isal_zlib.decompressobj(-zlib.MAX_WBITS)
        end = at + member.compressed
        length = 0
        while length < len(buffer) and not inflater.eof:
            data = inflater.unconsumed_tail
            if not data:
                data = self._file.pread(min(_READ_BYTES, end - at), at)
                at += len(data)
            try:
                out = inflater.decompress(data, min(_INFLATE_BYTES, len(buffer) - length))
            except ISAL_ERROR as error:
                self._remaining -= length
                raise UnreadableError(ARCHIVE, f"its compression is damaged: {error}") from error
            if not data and not out:
                break
            buffer[length : length + len(out)] = out
            length += len(out)
        return length
