r"""One pass over a batch's bytes measures all that the rules and the report need of the texts.

Rules are arithmetic on these columns afterwards; no other pass looks at every byte for them. The
same pass tells text from what is none: bytes that hold NUL, and bytes that are not UTF-8 (RFC 3629:
no overlong forms, no surrogates, nothing above U+10FFFF).

Definitions, where the sources of the rules leave them open: lengths and ratios count code points.
Letters, numbers and white space are the classes of `foundation.characters`. A line ends at \n, \r\n
or \r; a terminator at the end of the text starts no further line, and is not part of a line's
length; the mean is over all lines, empty ones too.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foundation.characters import CLASSES, LETTER, NUMBER, SPACE
from foundation.columns import ByteColumn
from foundation.compiling import inlined, kernel

TEXT, BINARY, NOT_UTF8 = 0, 1, 2

_LETTER = np.uint64(1)
_NUMBER = np.uint64(1 << 21)
_SPACE = np.uint64(1 << 42)
_COUNT = np.uint64((1 << 21) - 1)
_FLUSH = (1 << 21) - 8
"""Three counters share one word, 21 bits each; they are emptied before any can overflow."""

_NUL, _LF, _CR = 0, 10, 13


def _packed_ascii() -> NDArray[np.uint64]:
    packed = np.zeros(128, np.uint64)
    packed[CLASSES[:128] == LETTER] = _LETTER
    packed[CLASSES[:128] == NUMBER] = _NUMBER
    packed[CLASSES[:128] == SPACE] = _SPACE
    return packed


_ASCII = _packed_ascii()
_PACKED = np.array([0, _LETTER, _NUMBER, _SPACE], np.uint64)


@dataclass(frozen=True)
class Statistics:
    """Measures of n texts.

    Attributes:
        kind: uint8[n], TEXT, BINARY (holds NUL) or NOT_UTF8; a file that is both is BINARY.
        counts: int64[6, n]: characters, lines, longest line, letters, numbers, white space; all in
            code points, and without meaning where `kind` is not TEXT.
        terminators: int64[n], code points that end lines.
    """

    kind: NDArray[np.uint8]
    counts: NDArray[np.int64]
    terminators: NDArray[np.int64]

    def signals(self, readable: NDArray[np.bool_]) -> dict[str, pa.Array]:
        """The columns of `filters.signals.MEASURED` that follow from the counts.

        Args:
            readable: bool[n]; the other rows are null, as are those of empty texts.
        """
        characters, lines, longest, letters, numbers, spaces = self.counts
        absent = ~readable | (characters == 0)
        safe = np.where(absent, 1, characters).astype(np.float64)
        line_characters = (characters - self.terminators).astype(np.float64)
        return {
            "lines": pa.array(lines, mask=absent),
            "longest_line": pa.array(longest, mask=absent),
            "mean_line_length": pa.array(line_characters / np.where(absent, 1, lines), mask=absent),
            "characters": pa.array(characters, mask=absent),
            "alphabet_ratio": pa.array(letters / safe, mask=absent),
            "digit_ratio": pa.array(numbers / safe, mask=absent),
            "whitespace_ratio": pa.array(spaces / safe, mask=absent),
        }


def measure(column: ByteColumn) -> Statistics:
    """Count characters, lines and classes of every value, and tell text from binary."""
    count = len(column)
    kind = np.zeros(count, np.uint8)
    counts = np.zeros((6, count), np.int64)
    terminators = np.zeros(count, np.int64)
    _measure(
        column.data, column.starts, column.ends, CLASSES, _ASCII, _PACKED, kind, counts, terminators
    )
    return Statistics(kind, counts, terminators)


@inlined
def _decode(data: NDArray[np.uint8], at: int, end: int) -> tuple[np.int64, np.int64]:
    """The code point that begins at the non-ASCII byte `at` and its length; length 0: not UTF-8."""
    first = np.int64(data[at])
    if 0xC2 <= first <= 0xDF:
        length, value = np.int64(2), first & 0x1F
    elif 0xE0 <= first <= 0xEF:
        length, value = np.int64(3), first & 0x0F
    elif 0xF0 <= first <= 0xF4:
        length, value = np.int64(4), first & 0x07
    else:
        return np.int64(0), np.int64(0)
    if at + length > end:
        return np.int64(0), np.int64(0)
    for i in range(1, length):
        following = np.int64(data[at + i])
        if following & 0xC0 != 0x80:
            return np.int64(0), np.int64(0)
        value = value << 6 | following & 0x3F
    smallest = 0x80 if length == 2 else 0x800 if length == 3 else 0x10000
    if value < smallest or value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
        return np.int64(0), np.int64(0)
    return value, length


@kernel
def _measure(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    classes: NDArray[np.uint8],
    packed_ascii: NDArray[np.uint64],
    packed_class: NDArray[np.uint64],
    kind: NDArray[np.uint8],
    counts: NDArray[np.int64],
    terminators: NDArray[np.int64],
) -> None:
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        size = end - at
        lines = longest = endings = letters = numbers = spaces = np.int64(0)
        continuation = np.int64(0)  # bytes that are not the first of their character
        line_start = at  # in bytes, moved on by each continuation byte: differences are characters
        accumulated = np.uint64(0)
        flush_at = at + _FLUSH
        while at < end:
            byte = np.int64(data[at])
            if byte >= 0x80:
                value, length = _decode(data, at, end)
                if length == 0:
                    kind[row] = NOT_UTF8
                    break
                accumulated += packed_class[classes[value]]
                continuation += length - 1
                line_start += length - 1
                at += length
            else:
                accumulated += packed_ascii[byte]
                at += 1
                if byte <= _CR and byte in (_LF, _CR, _NUL):
                    if byte == _NUL:
                        kind[row] = BINARY
                        break
                    longest = max(longest, at - 1 - line_start)
                    lines += 1
                    endings += 1
                    if byte == _CR and at < end and data[at] == _LF:
                        accumulated += packed_ascii[_LF]
                        at += 1
                        endings += 1
                    line_start = at
            if at >= flush_at:
                letters += np.int64(accumulated & _COUNT)
                numbers += np.int64(accumulated >> np.uint64(21) & _COUNT)
                spaces += np.int64(accumulated >> np.uint64(42))
                accumulated = np.uint64(0)
                flush_at = at + _FLUSH
        if kind[row] == NOT_UTF8:
            while at < end:
                if data[at] == _NUL:
                    kind[row] = BINARY
                    break
                at += 1
        if kind[row] != TEXT:
            continue
        if end > line_start:
            longest = max(longest, end - line_start)
            lines += 1
        counts[0, row] = size - continuation
        counts[1, row] = lines
        counts[2, row] = longest
        counts[3, row] = letters + np.int64(accumulated & _COUNT)
        counts[4, row] = numbers + np.int64(accumulated >> np.uint64(21) & _COUNT)
        counts[5, row] = spaces + np.int64(accumulated >> np.uint64(42))
        terminators[row] = endings
