"""A zip: its directory gives the names, then the wanted members are read where they lie.

A zip may be cut into ranges of members that are read apart. Members may not overlap: a bomb that
has many members share one piece of data (Fifield, "A better zip bomb", WOOT 2019) is refused whole,
as is a zip that says it expands to more than `most_bytes`. A zip without directory, because it is
cut short, gives its members up to there.
"""

import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from codecorpus.pipelines.sources.archives.archive import (
    CHANGED,
    Archive,
    Row,
    bomb,
    member_row,
    most_bytes,
)
from codecorpus.pipelines.sources.archives.decompression import FAILED
from codecorpus.pipelines.sources.archives.zip_directory import (
    DEFLATED,
    LOCAL,
    LOCAL_SIGNATURE,
    STORED,
    Directory,
    Member,
    described,
    find_directory,
    walked,
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
from codecorpus.pipelines.sources.io.local import NOT_REGULAR, File, too_large, unreadable

_GROUP: Final = 1_024  # members whose names are looked at together
_PIECE: Final = 1 << 18  # compressed bytes read at once
_OUT: Final = 4 << 20  # bytes inflated at once
_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_MOST: Final = 1 << 62  # a stated size that is larger is as good as this


@dataclass
class Survey:
    """What the directory says of the members that are records, or would be.

    Attributes:
        sizes: own size of each in bytes.
        described: where the directory describes each, from the beginning of the file.
        starts, ends: the bytes of the file that each takes up at least.
        paths: names, if they were asked for.
        damage: why the directory ended early.
    """

    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    described: "array[int]" = field(default_factory=lambda: array("q"))
    starts: "array[int]" = field(default_factory=lambda: array("q"))
    ends: "array[int]" = field(default_factory=lambda: array("q"))
    paths: list[str] = field(default_factory=list)
    damage: DamagedError | None = None

    @property
    def sizes_array(self) -> NDArray[np.int64]:
        """int64, the sizes."""
        return np.array(self.sizes, np.int64)


def survey(file: File, size: int, *, with_paths: bool = False) -> Survey:
    """Look through the directory.

    Raises:
        DamagedError: there is none, or it is that of a bomb.
    """
    directory = find_directory(file, size)
    if directory is None:
        raise DamagedError(ARCHIVE, "it has no central directory")
    found = Survey()
    try:
        for member in described(file, directory):
            start, end = member.span
            found.sizes.append(min(member.size, _MOST))
            found.described.append(member.described)
            found.starts.append(min(start, _MOST))
            found.ends.append(min(end, _MOST))
            if with_paths:
                row = _row(member, _MOST)
                found.paths.append(row.path if row is not None and row.error is None else "")
    except DamagedError as damage:
        found.damage = damage
    _refuse_bomb(found, directory, size)
    return found


def _refuse_bomb(found: Survey, directory: Directory, size: int) -> None:
    if sum(found.sizes) > most_bytes(size):
        raise bomb(size)
    starts, ends = np.array(found.starts, np.int64), np.array(found.ends, np.int64)
    order = np.argsort(starts, kind="stable")
    nexts = np.append(starts[order][1:], directory.start)
    if np.any(ends[order] > nexts):
        raise DamagedError(ARCHIVE, "a bomb, or damaged: members overlap; none was read")


def groups(archive: Archive, file: File, size: int, limits: Limits) -> Iterator[RecordGroup]:
    """The members of an archive, or of a share of it.

    Raises:
        DamagedError: behind the last whole member.
    """
    reader = _Reader(file, size, limits.record_bytes)
    for members, damage in _chunks(_members(archive, file, size)):
        taken = [
            (member, row)
            for member in members
            if (row := _row(member, limits.record_bytes)) is not None
        ]
        if taken:
            rows = [row for _, row in taken]
            yield RecordGroup(archive.names(rows), reader.fill([member for member, _ in taken]))
        if damage is not None:
            raise damage


def _members(archive: Archive, file: File, size: int) -> Iterator[Member]:
    directory = find_directory(file, size)
    if archive.shares > 1:
        if directory is None:
            raise DamagedError(ARCHIVE, CHANGED)
        yield from islice(described(file, directory, archive.first), archive.count)
    elif directory is None:
        yield from walked(file, size)
    else:
        survey(file, size)
        yield from described(file, directory)


def _chunks(members: Iterable[Member]) -> Iterator[tuple[list[Member], DamagedError | None]]:
    """Members by the thousand, and the damage behind the last ones."""
    chunk: list[Member] = []
    damage = None
    try:
        for member in members:
            chunk.append(member)
            if len(chunk) == _GROUP:
                yield chunk, None
                chunk = []
    except DamagedError as error:
        damage = error
    yield chunk, damage


def _row(member: Member, record_bytes: int) -> Row | None:
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
        error, detail = TOO_LARGE, too_large(member.size, record_bytes).detail
    return member_row(member.name, error, detail)


class _Reader:
    """Gives the contents of members; what it inflates in all is bounded."""

    def __init__(self, file: File, size: int, record_bytes: int) -> None:
        self._file = file
        self._record_bytes = record_bytes
        self._left = most_bytes(size)
        self._bomb = bomb(size).detail

    def fill(self, members: list[Member]) -> ReadInto:
        """The function that reads one of these members."""

        def fill(index: int, into: memoryview | None) -> int:
            if into is None:
                return 0
            try:
                return self._read(members[index], into)
            except OSError as error:
                raise unreadable(error) from error

        return fill

    def _read(self, member: Member, into: memoryview) -> int:
        if self._left <= 0:  # sizes were stated that are not true
            raise UnreadableError(ARCHIVE, self._bomb)
        header = self._file.pread(LOCAL.size, member.offset)
        if len(header) < LOCAL.size or header[:4] != LOCAL_SIGNATURE:
            raise UnreadableError(ARCHIVE, "it is not where the directory says")
        name_length, extra_length = LOCAL.unpack(header)[-2:]
        at = member.offset + LOCAL.size + name_length + extra_length
        copy = self._inflate if member.method == DEFLATED else self._copy
        length = copy(member, at, into)
        self._left -= length
        if length > self._record_bytes:
            raise too_large(length, self._record_bytes)
        if length != member.size or isal_zlib.crc32(into[:length]) != member.crc:
            raise UnreadableError(ARCHIVE, "it does not have the size and checksum that are stated")
        return length

    def _copy(self, member: Member, at: int, into: memoryview) -> int:
        """Read a stored member; its length, or less where it is cut."""
        wanted = min(member.compressed, len(into))
        length = 0
        while length < wanted and (count := self._file.preadinto(into[length:wanted], at + length)):
            length += count
        return length

    def _inflate(self, member: Member, at: int, into: memoryview) -> int:
        """Inflate a member until it ends or `into` is full; its length, or less where it is cut."""
        inflater = isal_zlib.decompressobj(-zlib.MAX_WBITS)
        end = at + member.compressed
        length = 0
        while length < len(into) and not inflater.eof:
            data = inflater.unconsumed_tail
            if not data:
                data = self._file.pread(min(_PIECE, end - at), at)
                at += len(data)
            try:
                out = inflater.decompress(data, min(_OUT, len(into) - length))
            except FAILED as error:
                self._left -= length
                raise UnreadableError(ARCHIVE, f"its compression is damaged: {error}") from error
            if not data and not out:
                break
            into[length : length + len(out)] = out
            length += len(out)
        return length
