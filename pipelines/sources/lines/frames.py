"""Where the frames of a Zstandard file end (RFC 8878, section 3.1), found without inflating it.

A frame says how long its blocks are, so only their headers are read: three bytes for each 128 KiB
of text.
"""

import os
from collections.abc import Iterator
from typing import Final

_FRAME: Final = 0xFD2FB528
_SKIPPABLE: Final = range(0x184D2A50, 0x184D2A60)
_DICTIONARY_BYTES: Final = (0, 1, 2, 4)
_SIZE_BYTES: Final = (0, 2, 4, 8)
_LONGEST_HEADER: Final = 18
_WHOLE_BLOCK: Final = 1  # the type of a block that is one byte, repeated


def frame_ends(descriptor: int, size: int) -> Iterator[int]:
    """One past the last byte of each frame of an open file, in order.

    What is damaged, or no frame, ends with the file: whoever inflates it will see.
    """
    at = 0
    while at < size:
        end = _frame_end(descriptor, at)
        at = size if end is None or end > size else end
        yield at


def _frame_end(descriptor: int, at: int) -> int | None:
    header = os.pread(descriptor, _LONGEST_HEADER, at)
    magic = int.from_bytes(header[:4], "little")
    if magic in _SKIPPABLE and len(header) >= 8:
        return at + 8 + int.from_bytes(header[4:8], "little")
    if magic != _FRAME or len(header) < 5:
        return None
    flags = header[4]
    single = bool(flags & 0x20)
    size_bytes = _SIZE_BYTES[flags >> 6] or int(single)
    at += 5 + int(not single) + _DICTIONARY_BYTES[flags & 3] + size_bytes
    last = False
    while not last:
        head = os.pread(descriptor, 3, at)
        if len(head) < 3:
            return None
        word = int.from_bytes(head, "little")
        last, kind, length = bool(word & 1), word >> 1 & 3, word >> 3
        at += 3 + (1 if kind == _WHOLE_BLOCK else length)
    return at + 4 * bool(flags & 4)
