"""The members of a zip: from its central directory, or, where that is cut off, from the beginning.

Names and fields follow PKWARE's APPNOTE 6.3.10, zip64 included. The directory is read as a stream,
so that an archive of millions of members takes no memory for them.
"""

import stat
import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from codecorpus.pipelines.sources.archives.archive import bomb, most_bytes
from codecorpus.pipelines.sources.archives.decompression import CUT
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError
from codecorpus.pipelines.sources.io.local import File

STORED: Final = 0
DEFLATED: Final = 8

LOCAL: Final = struct.Struct("<4s5H3L2H")
"""Signature, version, flags, method, time, date, CRC, compressed and own size, name, extra."""
LOCAL_SIGNATURE: Final = b"PK\x03\x04"

_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_END64_LOCATOR: Final = struct.Struct("<4sLQL")
_WINDOW: Final = 1 << 20
_ENTRY_MOST: Final = _ENTRY.size + 3 * 0xFFFF
_UNIX: Final = frozenset((3, 19))  # systems whose members carry a mode: Unix, macOS
_SIZES_BEHIND: Final = 1 << 3  # flag: sizes and CRC follow the data


class Directory(NamedTuple):
    """Where the central directory lies in the file, in bytes, and what its offsets start from."""

    start: int
    end: int
    base: int


class Member(NamedTuple):
    """One member; sizes and offset in bytes."""

    name: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    offset: int
    """Of its local header, from the beginning of the file."""
    mode: int
    """As of stat(2); 0 where it is not known."""
    described: int
    """Where the directory describes it, from the beginning of the file."""

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def is_special(self) -> bool:
        """Whether it is neither a file nor a folder nor a link."""
        kind = stat.S_IFMT(self.mode)
        return kind not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}

    @property
    def span(self) -> tuple[int, int]:
        """The bytes of the file that it takes up at least."""
        return self.offset, self.offset + LOCAL.size + len(self.name) + self.compressed


def find_directory(file: File, size: int) -> Directory | None:
    """Where the central directory lies; None if the file does not end as a zip does.

    Raises:
        DamagedError: what is said of the directory cannot be.
    """
    tail_start = max(0, size - _END.size - 0xFFFF)
    tail = file.pread(size - tail_start, tail_start)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        return None
    _, disk, *_, length, offset, _ = _END.unpack_from(tail, at)
    if disk not in {0, 0xFFFF}:
        raise DamagedError(ARCHIVE, "it is one of several files that make up an archive")
    end = tail_start + at
    if (wide := _wide(file, end)) is not None:
        end, length, offset = wide
    base = end - length - offset
    if base < 0:
        raise DamagedError(ARCHIVE, "its central directory does not fit the file")
    return Directory(end - length, end, base)


def _wide(file: File, end: int) -> tuple[int, int, int] | None:
    """End, length and offset of the directory of a zip64."""
    if end < _END64_LOCATOR.size:
        return None
    locator_at = end - _END64_LOCATOR.size
    signature, _, stated, _ = _END64_LOCATOR.unpack(file.pread(_END64_LOCATOR.size, locator_at))
    if signature != b"PK\x06\x07":
        return None
    for at in (stated, locator_at - _END64.size):  # the second where something stands before
        if 0 <= at <= locator_at - _END64.size:
            fields = _END64.unpack(file.pread(_END64.size, at))
            if fields[0] == b"PK\x06\x06":
                return at, fields[-2], fields[-1]
    raise DamagedError(ARCHIVE, "the end of its directory is not where it should be")


def described(file: File, directory: Directory, start: int | None = None) -> Iterator[Member]:
    """The members as the central directory lists them, from byte `start` of the file on.

    Raises:
        DamagedError: the directory holds something else.
    """
    at = directory.start if start is None else start
    window, window_at = b"", at
    while at < directory.end:
        if at + _ENTRY_MOST > window_at + len(window) < directory.end:
            window_at = at
            window = file.pread(min(_WINDOW, directory.end - at), at)
        member, length = _entry(window, window_at, at, directory.base)
        yield member
        at += length


def _entry(window: bytes, window_at: int, described: int, base: int) -> tuple[Member, int]:
    """The member described at a byte of the file, and the description's length."""
    at = described - window_at
    if len(window) - at < _ENTRY.size or window[at : at + 4] != b"PK\x01\x02":
        raise DamagedError(ARCHIVE, "its central directory is damaged")
    (_, made_by, _, flags, method, _, _, crc, compressed, size, name_length, extra_length,
     comment_length, _, _, attributes, offset) = _ENTRY.unpack_from(window, at)  # fmt: skip
    name_end = at + _ENTRY.size + name_length
    length = _ENTRY.size + name_length + extra_length + comment_length
    name = window[name_end - name_length : name_end]
    if 0xFFFFFFFF in {size, compressed, offset}:
        extra = window[name_end : name_end + extra_length]
        size, compressed, offset = _widened(extra, [size, compressed, offset])
    mode = attributes >> 16 if made_by >> 8 in _UNIX else 0
    offset += base
    return Member(name, flags, method, crc, compressed, size, offset, mode, described), length


def _widened(extra: bytes, fields: list[int]) -> list[int]:
    """Replace the fields that are too large for 32 bits by zip64's, which stand in order."""
    if 0xFFFFFFFF not in fields:
        return fields
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            values = list(
                struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4)
            )
            return [values.pop(0) if field == 0xFFFFFFFF and values else field for field in fields]
        at += 4 + length
    return fields


def walked(file: File, size: int) -> Iterator[Member]:
    """The members of a zip without directory, from local header to local header.

    Modes stand in the directory only, so a link comes as a small file that holds its target.

    Raises:
        DamagedError: always, behind the last whole member.
    """
    at = 0
    inflated = 0
    while True:
        header = file.pread(LOCAL.size, at)
        if len(header) < LOCAL.size or header[:4] != LOCAL_SIGNATURE:
            raise DamagedError(ARCHIVE, f"{CUT}: it has no central directory")
        _, _, flags, method, _, _, crc, compressed, own, name_length, extra_length = LOCAL.unpack(
            header
        )
        behind = file.pread(name_length + extra_length, at + LOCAL.size)
        own, compressed = _widened(behind[name_length:], [own, compressed])
        data = at + LOCAL.size + name_length + extra_length
        if flags & _SIZES_BEHIND:
            compressed, own = _find_end(file, method, data, most_bytes(size) - inflated)
            inflated += own
            if inflated > most_bytes(size):
                raise bomb(size)
            crc, end = _descriptor(file, data + compressed, compressed, own)
        else:
            end = data + compressed
        if end > size:
            raise DamagedError(ARCHIVE, f"{CUT}: it has no central directory")
        yield Member(behind[:name_length], flags, method, crc, compressed, own, at, 0, 0)
        at = end


def _find_end(file: File, method: int, at: int, most: int) -> tuple[int, int]:
    """The compressed and own size of a member, found by inflating it up to `most` bytes."""
    if method != DEFLATED:
        raise DamagedError(ARCHIVE, f"{CUT}, and a member does not say where it ends")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    start, own = at, 0
    data = b""
    while not inflater.eof and own <= most:
        data = inflater.unconsumed_tail
        if not data:
            data = file.pread(_WINDOW // 16, at)
            at += len(data)
        try:
            out = len(inflater.decompress(data, _WINDOW))
        except zlib.error as error:
            raise DamagedError(ARCHIVE, f"its compression is damaged: {error}") from error
        if not data and not out:
            raise DamagedError(ARCHIVE, CUT)
        own += out
    return at - len(inflater.unused_data) - start, own


def _descriptor(file: File, at: int, compressed: int, own: int) -> tuple[int, int]:
    """The CRC that follows a member's data, and where what comes next begins."""
    following = file.pread(24, at)
    for signature in (b"PK\x07\x08", b""):
        for sizes in ("<2L", "<2Q"):
            length = len(signature) + 4 + struct.calcsize(sizes)
            stated = following[len(signature) + 4 : length]
            if following.startswith(signature) and stated == struct.pack(sizes, compressed, own):
                return struct.unpack_from("<L", following, len(signature))[0], at + length
    raise DamagedError(ARCHIVE, f"{CUT}, or its sizes do not fit its data")
