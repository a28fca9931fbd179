r"""Measure everything that the rules and the report need from the texts, in one pass.

The rules are arithmetic on these columns and never read the text themselves. The same pass
separates text from binary data (bytes that contain NUL) and from bytes that are not UTF-8 (RFC
3629: no overlong forms, no surrogates, nothing above U+10FFFF).

ASCII is counted by comparing 64 bytes at a time; only line ends are visited one by one. Runs of
bytes above 127 are decoded one character at a time.

Definitions that the sources of the rules leave open: lengths and ratios count code points. Letters,
numbers and white space are the classes of `foundation.characters`. A line ends at \n, \r\n or \r; a
terminator at the end of the text does not start another line, and terminators do not count towards
a line's length; the mean includes empty lines.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.foundation.bitops import population_count, trailing_zeros
from codecorpus.foundation.characters import CLASSES, LETTER, NUMBER, SPACE
from codecorpus.foundation.columns import ByteColumn, read_only
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.foundation.simd64 import BLOCK, between, equal

TEXT, BINARY, NOT_UTF8 = 0, 1, 2

_NUL, _LF, _CR = 0, 10, 13
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)

_LINES, _LONGEST, _LETTERS, _NUMBERS, _SPACES = 0, 1, 2, 3, 4
_TERMINATORS, _CONTINUED, _LINE_START, _COUNTERS = 5, 6, 7, 8
"""Indices into a text's counters, int64[8]. _CONTINUED counts bytes that are not the first of their
character. _LINE_START is in bytes, and is advanced by each continued byte, so that a distance from
it is in characters."""


@dataclass(frozen=True)
class Statistics:
    """Measurements of n texts.

    Attributes:
        kind: uint8[n], TEXT, BINARY (contains NUL) or NOT_UTF8; BINARY if both apply.
        counts: int64[6, n]: characters, lines, longest line, letters, numbers, white space, all in
            code points; meaningless where `kind` is not TEXT.
        terminators: int64[n], code points in line terminators.
    """

    kind: NDArray[np.uint8]
    counts: NDArray[np.int64]
    terminators: NDArray[np.int64]

    def signals(self, readable: NDArray[np.bool_]) -> dict[str, pa.Array]:
        """The columns of `filters.signals.MEASURED` that are computed from the counts.

        Args:
            readable: bool[n]; other rows, and rows of empty texts, are null.
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
    """Count characters, lines and character classes of every value; classify it as text or not."""
    count = len(column)
    kind = np.zeros(count, np.uint8)
    counts = np.zeros((6, count), np.int64)
    terminators = np.zeros(count, np.int64)
    last = column.ends > len(column.data) - BLOCK
    for rows, part in ((~last, column), (last, _with_padding(column, last))):
        spans = read_only(part.data), part.starts, part.ends, np.flatnonzero(rows)
        _measure(*spans, CLASSES, kind, counts, terminators)
    return Statistics(kind, counts, terminators)


def _with_padding(column: ByteColumn, rows: NDArray[np.bool_]) -> ByteColumn:
    """A copy with a block of zeros after the last byte; only `rows` are valid in it."""
    first = np.min(column.starts, where=rows, initial=len(column.data))
    data = np.concatenate([column.data[first:], np.zeros(BLOCK, np.uint8)])
    return ByteColumn(data, column.starts - first, column.ends - first)


@inlined
def _decode(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The code point at the non-ASCII byte `at`, and its length in bytes; 0 if it is not UTF-8."""
    first = np.int64(data[at])
    length = 2 + np.int64(first >= 0xE0) + np.int64(first >= 0xF0)
    value, wrong = np.int64(0), np.int64(first < 0xC2 or first > 0xF4 or at + length > end)
    if wrong == 0:
        value = first & (0x7F >> length)
        for place in range(at + 1, at + length):
            following = np.int64(data[place])
            wrong |= (following & 0xC0) ^ 0x80
            value = value << 6 | following & 0x3F
        smallest = 0x80 if length == 2 else 0x800 if length == 3 else 0x10000
        wrong |= np.int64(value < smallest or value > 0x10FFFF or value >> 11 == 0xD800 >> 11)
    return int(value), int(length) if wrong == 0 else 0


@inlined
def _count_block(data: NDArray[np.uint8], at: int, size: int, counters: NDArray[np.int64]) -> None:
    """Count `size` (1 to BLOCK) bytes of ASCII at `at`; a CR as the last byte ends a line."""
    present = _ALL >> np.uint64(BLOCK - size)
    letters = between(data, at, 0x20, 97, 26) & present
    numbers = between(data, at, 0, 48, 10) & present
    spaces = (between(data, at, 0, 9, 5) | equal(data, at, 32)) & present
    counters[_LETTERS] += np.int64(population_count(letters))
    counters[_NUMBERS] += np.int64(population_count(numbers))
    counters[_SPACES] += np.int64(population_count(spaces))
    feeds = equal(data, at, _LF) & present
    returns = equal(data, at, _CR) & present
    pairs = feeds & (returns << _ONE)
    ends = feeds | (returns & ~(feeds >> _ONE))
    counters[_LINES] += np.int64(population_count(ends))
    counters[_TERMINATORS] += np.int64(population_count(feeds | returns))
    longest, line_start = counters[_LONGEST], counters[_LINE_START]
    while ends != np.uint64(0):
        bit = trailing_zeros(ends)
        place = at + np.int64(bit)
        longest = max(longest, place - np.int64((pairs >> bit) & _ONE) - line_start)
        line_start = place + 1
        ends &= ends - _ONE
    counters[_LONGEST], counters[_LINE_START] = longest, line_start


@kernel
def _count_run(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    classes: NDArray[np.uint8],
    counters: NDArray[np.int64],
) -> tuple[int, bool]:
    """Count the characters from `at` to the first ASCII byte, or to bytes that are not UTF-8.

    Returns the position reached, and False if the bytes there are NUL or not UTF-8.
    """
    letters = numbers = spaces = continued = 0
    length = 0
    while at < end and data[at] >= 0x80:
        value, length = _decode(data, at, end)
        if length == 0:
            break
        found = classes[value]
        letters += int(found == LETTER)
        numbers += int(found == NUMBER)
        spaces += int(found == SPACE)
        continued += length - 1
        at += length
    counters[_LETTERS] += letters
    counters[_NUMBERS] += numbers
    counters[_SPACES] += spaces
    counters[_CONTINUED] += continued
    counters[_LINE_START] += continued
    return at, bool(length > 0)


@inlined
def _ascii_size(data: NDArray[np.uint8], at: int, end: int) -> int:
    """The number of bytes from `at`, at most a block, that are ASCII and not NUL.

    A CR and its LF are not separated. Zero only if the first byte is not such a byte.
    """
    size = min(end - at, BLOCK)
    if at + size < end and data[at + size - 1] == _CR:
        size -= 1
    strange = between(data, at, 0, 128, 128) | equal(data, at, _NUL)
    first = np.int64(trailing_zeros(strange)) if strange != np.uint64(0) else size
    return size if size < first else int(first)


@inlined
def _contains_nul(data: NDArray[np.uint8], at: int, end: int) -> bool:
    while at < end and data[at] != _NUL:
        at += 1
    return at < end


@kernel
def _measure(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    rows: NDArray[np.int64],
    classes: NDArray[np.uint8],
    kind: NDArray[np.uint8],
    counts: NDArray[np.int64],
    terminators: NDArray[np.int64],
) -> None:
    """Measure the texts of `rows`; the caller guarantees BLOCK readable bytes after each text."""
    counters = np.zeros(_COUNTERS, np.int64)
    for row in rows:
        at, end = starts[row], ends[row]
        counters[:] = 0
        counters[_LINE_START] = at
        is_text = True
        while at < end and is_text:
            size = _ascii_size(data, at, end)
            if size > 0:
                _count_block(data, at, size, counters)
                at += size
            else:
                at, is_text = _count_run(data, at, end, classes, counters)
        if not is_text:
            kind[row] = BINARY if _contains_nul(data, at, end) else NOT_UTF8
        if end > counters[_LINE_START]:
            counters[_LONGEST] = max(counters[_LONGEST], end - counters[_LINE_START])
            counters[_LINES] += 1
        counts[0, row] = end - starts[row] - counters[_CONTINUED]
        counts[1:, row] = counters[: len(counts) - 1]
        terminators[row] = counters[_TERMINATORS]
