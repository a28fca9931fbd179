"""Finds the frames of a Zstandard file (RFC 8878, section 3.1) without decompressing it.

Block headers contain the length of their blocks, so only these are read: three bytes for each
block, which holds at most 128 KiB of text.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from codecorpus.pipelines.sources.io.local import File

_FRAME: Final = 0xFD2FB528
_SKIPPABLE: Final = range(0x184D2A50, 0x184D2A60)
_DICTIONARY_BYTES: Final = (0, 1, 2, 4)
_SIZE_BYTES: Final = (0, 2, 4, 8)
_LONGEST_HEADER: Final = 18
_STORED: Final = 0
_REPEATED: Final = 1  # the type of a block that repeats one byte
_BLOCK: Final = 128 << 10  # the largest decompressed size of a block


class Frame(NamedTuple):
    """A frame of an open file."""

    end: int
    """One past its last byte."""
    inflated: int
    """An upper bound of its decompressed size; if it is damaged, of the blocks before."""


def frames(file: File, size: int) -> Iterator[Frame]:
    """The frames of an open file of `size` bytes, in order.

    A damaged frame, or data that is not a frame, extends to the end of the file; decompression
    reports it.
    """
    at = 0
    while at < size:
        end, inflated = _frame(file, at)
        at = size if end is None or end > size else end
        yield Frame(at, inflated)


def _frame(file: File, at: int) -> tuple[int | None, int]:
    header = file.pread(_LONGEST_HEADER, at)
    magic = int.from_bytes(header[:4], "little")
    if magic in _SKIPPABLE and len(header) >= 8:
        return at + 8 + int.from_bytes(header[4:8], "little"), 0
    if magic != _FRAME or len(header) < 5:
        return None, 0
    flags = header[4]
    single = bool(flags & 0x20)
    size_bytes = _SIZE_BYTES[flags >> 6] or int(single)
    at += 5 + int(not single) + _DICTIONARY_BYTES[flags & 3] + size_bytes
    last, inflated = False, 0
    while not last:
        head = file.pread(3, at)
        if len(head) < 3:
            return None, inflated
        word = int.from_bytes(head, "little")
        last, kind, length = bool(word & 1), word >> 1 & 3, word >> 3
        at += 3 + (1 if kind == _REPEATED else length)
        inflated += length if kind in {_STORED, _REPEATED} else _BLOCK
    return at + 4 * bool(flags & 4), inflated
