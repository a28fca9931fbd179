"""Parses the headers of a tar; a member's header consists of one or more blocks.

The formats v7, ustar, GNU (long names) and pax (POSIX.1-2001) are supported. Files that GNU tar
stored without their holes are recognized, but their contents are not restored. The checksum of each
header is verified, so that damage is found where it occurs.
"""

from dataclasses import dataclass
from typing import Final

from codecorpus.pipelines.sources.archives.decompression import TRUNCATED
from codecorpus.pipelines.sources.archives.stream_buffer import StreamBuffer
from codecorpus.pipelines.sources.archives.tar_fields import BLOCK, parse_number
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError

_MAX_EXTENSION: Final = 1 << 20  # bytes; a longer name or extended header is damage, or an attack
_WITHOUT_DATA: Final = frozenset(b"123456V")  # links, devices, folders, fifos, a volume's label

FOLDERS: Final = frozenset(b"5D")
LINKS: Final = frozenset(b"12")
SPECIAL: Final = frozenset(b"346")  # character device, block device, fifo
LABEL: Final = ord("V")
CONTINUED: Final = ord("M")  # the rest of a file that began in another archive


@dataclass(frozen=True, slots=True)
class Header:
    """A member of a tar.

    Attributes:
        name: its raw path.
        kind: the type flag.
        size: bytes of data in the archive.
        is_sparse: whether the data lacks the file's holes.
    """

    name: bytes
    kind: int
    size: int
    is_sparse: bool


def next_header(buffer: StreamBuffer) -> Header | None:
    """Read the next header; then the buffer is at the member's data. None at the archive's end.

    Raises:
        DamagedError: the archive is truncated, or this is not a header.
    """
    long_name: bytes | None = None
    records: list[tuple[bytes, bytes]] = []
    while True:
        if buffer.at_end():
            raise DamagedError(ARCHIVE, f"{TRUNCATED}: the end-of-archive mark is missing")
        block = bytes(buffer.take(BLOCK))
        if block.count(0) == BLOCK:
            return None
        _verify_checksum(block)
        kind, size = block[156], parse_number(block[124:136])
        if kind not in b"LKxXg":
            return _header(block, long_name, dict(records), buffer)
        extension = _extension(buffer, size)
        if kind == ord("L"):
            long_name = extension.partition(b"\0")[0]
        elif kind in b"xX":
            records += _records(extension)


def _header(
    block: bytes, long_name: bytes | None, records: dict[bytes, bytes], buffer: StreamBuffer
) -> Header:
    kind = block[156]
    name = long_name if long_name is not None else _name(block)
    name = records.get(b"GNU.sparse.name", records.get(b"path", name))
    size = (
        parse_number(records[b"size"], 10) if b"size" in records else parse_number(block[124:136])
    )
    if kind in b"\x000" and name.endswith(b"/"):  # how v7 writes a folder
        kind = ord("5")
    if kind == ord("S"):
        _skip_sparse_map(block, buffer)
    is_sparse = kind == ord("S") or any(key.startswith(b"GNU.sparse.") for key in records)
    return Header(name, kind, 0 if kind in _WITHOUT_DATA else size, is_sparse)


def _skip_sparse_map(block: bytes, buffer: StreamBuffer) -> None:
    """Skip the blocks that continue the map of a sparse file in GNU tar's own format."""
    more = block[482]
    while more:
        more = buffer.take(BLOCK)[504]


def _verify_checksum(block: bytes) -> None:
    """Compare the sum of the bytes, with the checksum's own field counted as spaces."""
    expected = parse_number(block[148:156])
    total = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if expected == total:
        return
    high = sum(1 for byte in block[:148] + block[156:] if byte > 127)
    if expected != total - 256 * high:  # some old writers add signed bytes
        raise DamagedError(ARCHIVE, "a header's checksum is wrong")


def _name(block: bytes) -> bytes:
    name = block[:100].partition(b"\0")[0]
    if block[257:263] != b"ustar\0":
        return name
    folder = block[345:500].partition(b"\0")[0]
    return folder + b"/" + name if folder else name


def _extension(buffer: StreamBuffer, size: int) -> bytes:
    if size > _MAX_EXTENSION:
        raise DamagedError(ARCHIVE, f"an extended header of {size:,} bytes")
    extension = bytes(buffer.take(size))
    buffer.take(-size % BLOCK)
    return extension


def _records(extension: bytes) -> list[tuple[bytes, bytes]]:
    """The records `length key=value` of a pax header, in order."""
    records = []
    at = 0
    while at < len(extension) and extension[at]:
        length, space, _ = extension[at : at + 20].partition(b" ")
        if not (space and length.isdigit() and 0 < int(length) <= len(extension) - at):
            raise DamagedError(ARCHIVE, "an extended header does not consist of records")
        key, _, value = extension[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        records.append((key, value))
        at += int(length)
    return records
