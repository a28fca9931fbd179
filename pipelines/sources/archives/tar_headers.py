"""The headers of a tar: one member's, from as many blocks as it has.

Understood are the formats v7, ustar, GNU (long names, sparse files) and pax (POSIX.1-2001). The
checksum of each header is compared, so that damage is found where it is.
"""

from dataclasses import dataclass
from typing import Final

from codecorpus.pipelines.sources.archives.decompression import CUT
from codecorpus.pipelines.sources.archives.sparse import Sparse, from_header, from_records
from codecorpus.pipelines.sources.archives.stream_buffer import Window
from codecorpus.pipelines.sources.archives.tar_fields import BLOCK, number
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError

_EXTENSION_BYTES: Final = 1 << 20  # a longer name or extended header is damage, or an attack
_DATALESS: Final = frozenset(b"123456V")  # links, devices, folders, fifos, a volume's label

FOLDERS: Final = frozenset(b"5D")
LINKS: Final = frozenset(b"12")
SPECIAL: Final = frozenset(b"346")  # character device, block device, fifo
LABEL: Final = ord("V")
CONTINUED: Final = ord("M")  # the rest of a file that began in another archive


@dataclass(frozen=True, slots=True)
class Header:
    """A member: its raw name, kind (the type flag), and how many bytes of data follow."""

    name: bytes
    kind: int
    stored: int
    sparse: Sparse | None

    @property
    def size(self) -> int:
        """The file's own size in bytes, holes included."""
        return self.stored if self.sparse is None else self.sparse.size


def next_header(window: Window) -> Header | None:
    """The next member, and the window at the beginning of its data; None at the archive's end.

    Raises:
        DamagedError: the archive is cut, or this is no header.
    """
    long_name: bytes | None = None
    records: list[tuple[bytes, bytes]] = []
    while True:
        if window.ended():
            raise DamagedError(ARCHIVE, f"{CUT}: the mark of its end is missing")
        block = bytes(window.take(BLOCK))
        if block.count(0) == BLOCK:
            return None
        _check(block)
        kind, size = block[156], number(block[124:136])
        if kind not in b"LKxXg":
            return _header(block, long_name, records, window)
        extension = _extension(window, size)
        if kind == ord("L"):
            long_name = extension.partition(b"\0")[0]
        elif kind in b"xX":
            records += _records(extension)


def _header(
    block: bytes, long_name: bytes | None, records: list[tuple[bytes, bytes]], window: Window
) -> Header:
    latest = dict(records)
    kind = block[156]
    name = long_name if long_name is not None else _name(block)
    name = latest.get(b"GNU.sparse.name", latest.get(b"path", name))
    stored = number(latest[b"size"], 10) if b"size" in latest else number(block[124:136])
    if kind in b"\x000" and name.endswith(b"/"):  # how v7 writes a folder
        kind = ord("5")
    if kind == ord("S"):
        sparse: Sparse | None = from_header(block, lambda: bytes(window.take(BLOCK)))
    else:
        sparse = from_records(records) if records else None
    return Header(name, kind, 0 if kind in _DATALESS else stored, sparse)


def _check(block: bytes) -> None:
    """Compare the sum of the bytes, the sum's own field taken as spaces."""
    expected = number(block[148:156])
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


def _extension(window: Window, size: int) -> bytes:
    if size > _EXTENSION_BYTES:
        raise DamagedError(ARCHIVE, f"an extended header of {size:,} bytes")
    extension = bytes(window.take(size))
    window.take(-size % BLOCK)
    return extension


def _records(extension: bytes) -> list[tuple[bytes, bytes]]:
    """The records `length key=value` of a pax header, in order."""
    records = []
    at = 0
    while at < len(extension) and extension[at]:
        length, space, _ = extension[at : at + 20].partition(b" ")
        if not (space and length.isdigit() and 0 < int(length) <= len(extension) - at):
            raise DamagedError(ARCHIVE, "an extended header is not made of records")
        key, _, value = extension[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        records.append((key, value))
        at += int(length)
    return records
