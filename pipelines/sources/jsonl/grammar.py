"""The kernels that find members of JSON objects, one object a line (RFC 8259; JSON Lines).

A line is looked through once, sixty-four bytes at a time within strings; what the caller asked for
is noted as a span of the buffer, and nothing is copied. A line that is no JSON object is told
apart, and the lines behind it are not touched. As Python's json does, `NaN`, `Infinity` and
`-Infinity` pass for numbers, and of two members with one name the last counts. Two things are not
looked at: escapes in strings that nobody asked for, and UTF-8.

The buffer must go on for `PADDING` bytes behind `end`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import trailing_zeros
from codecorpus.foundation.compiling import kernel
from codecorpus.foundation.simd64 import BLOCK, between, equal
from codecorpus.pipelines.sources.jsonl.escapes import read_escape

PADDING = BLOCK
"""Bytes that a buffer must have behind its last line."""

MISSING, STRING, NUMBER, NULL, OTHER = 0, 1, 2, 3, 4
"""What a member's value is; OTHER: true, false, an object, an array."""

GOOD, BROKEN = 0, 1
"""What a line is."""

_DEPTH = 60  # objects and arrays within each other; the bits of a word say which is which
_VALUE, _FIRST_KEY, _KEY, _BEHIND, _FIRST_VALUE = 0, 1, 2, 3, 4  # what may come next


@kernel
def first_bit(word: np.uint64) -> int:
    """The lowest bit that is set, as int64."""
    bit: Any = np.int64(trailing_zeros(word))
    return bit  # type: ignore[no-any-return]


@kernel
def find_members(
    data: NDArray[np.uint8],
    begin: int,
    end: int,
    names: NDArray[np.uint8],
    name_ends: NDArray[np.int64],
    inner: NDArray[np.bool_],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    kinds: NDArray[np.int8],
    states: NDArray[np.int8],
) -> tuple[int, int]:
    """Find members in lines until the lines or the rows of the answer are at their end.

    Args:
        data: uint8, with the lines in [begin, end), and PADDING bytes more.
        begin: where a line begins.
        end: one past where a line ends.
        names: uint8, the names of the members, ASCII, one behind the other; the first is of the
            object whose members may be asked for as well.
        name_ends: int64[members], one past each name.
        inner: bool[members], whether it is a member of that inner object.
        starts: int64[rows, members], takes where each value begins; of a string, its inside.
        ends: int64[rows, members], takes one past where it ends; 0 of an object or array.
        kinds: int8[rows, members], takes STRING and the like.
        states: int8[rows], takes GOOD or BROKEN.

    Returns:
        How many lines were read, empty ones left out, and where the next one begins.
    """
    row = 0
    at = begin
    while at < end and row < len(states):
        at = _pass_spaces(data, at, end)
        if at < end and data[at] == 10:
            at += 1
            continue
        if at >= end:
            break
        kinds[row, :] = MISSING
        states[row] = GOOD
        stop = _parse(data, at, end, names, name_ends, inner, starts[row], ends[row], kinds[row])
        if stop < 0:
            states[row] = BROKEN
            stop = _line_feed(data, at, end)
        at = stop + 1
        row += 1
    return row, min(at, end)


@kernel
def _parse(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    names: NDArray[np.uint8],
    name_ends: NDArray[np.int64],
    inner: NDArray[np.bool_],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    kinds: NDArray[np.int8],
) -> int:
    """Note the members of one line; where the line ends, or -1 if it is broken."""
    if data[at] != 123:  # '{'
        return -1
    at += 1
    stack = np.uint64(1)  # the innermost is the lowest bit: 1 an object, 0 an array
    depth = 1
    opened = False  # the inner object, at depth 2
    awaited = _FIRST_KEY
    member = -1
    while depth:
        at = _pass_spaces(data, at, end)
        if at >= end:
            return -1
        byte = data[at]
        is_object = (stack & np.uint64(1)) != np.uint64(0)
        closes = awaited in (_BEHIND, _FIRST_KEY if is_object else _FIRST_VALUE)
        if closes and byte == (125 if is_object else 93):  # '}', ']'
            at += 1
            depth -= 1
            stack >>= np.uint64(1)
            opened &= depth >= 2
            awaited = _BEHIND
        elif awaited == _BEHIND:
            if byte != 44:  # ','
                return -1
            at += 1
            awaited = _KEY if is_object else _VALUE
        elif awaited in (_FIRST_KEY, _KEY):
            stop = _string_end(data, at + 1, end) if byte == 34 else -1
            if stop < 0:
                return -1
            member = -1
            if depth == 1 or (depth == 2 and opened):
                member = _look_up(data, at + 1, stop, names, name_ends, inner, depth == 2)
            at = _pass_spaces(data, stop + 1, end)
            if at >= end or data[at] != 58:  # ':'
                return -1
            at += 1
            awaited = _VALUE
        else:
            start, kind = at, OTHER
            if byte in (123, 91):  # '{', '['
                stop = 0
                at += 1
                depth += 1
                if depth > _DEPTH:
                    return -1
                stack = stack << np.uint64(1) | np.uint64(byte == 123)
                awaited = _FIRST_KEY if byte == 123 else _FIRST_VALUE
            else:
                if byte == 34:  # '"'
                    kind, start = STRING, at + 1
                    stop = _string_end(data, start, end)
                else:
                    stop, kind = _scalar(data, at, end)
                if stop < 0:
                    return -1
                at = stop + 1 if kind == STRING else stop
                awaited = _BEHIND
            if member >= 0:
                starts[member], ends[member], kinds[member] = start, stop, kind
                if member == 0:
                    kinds[inner] = MISSING
                    opened = byte == 123
                member = -1
    at = _pass_spaces(data, at, end)
    return at if at >= end or data[at] == 10 else -1


@kernel
def _pass_spaces(data: NDArray[np.uint8], at: int, end: int) -> int:
    while at < end and (data[at] == 32 or data[at] == 9 or data[at] == 13):
        at += 1
    return at


@kernel
def _line_feed(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where the next line feed is, or the end."""
    while at < end:
        found = equal(data, at, 10)
        if found != np.uint64(0):
            return min(end, at + first_bit(found))
        at += BLOCK
    return end


@kernel
def line_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """One past the next line feed, or the end; the buffer goes on for PADDING bytes behind it."""
    return min(end, _line_feed(data, at, end) + 1)


@kernel
def last_line_end(data: NDArray[np.uint8], begin: int, end: int) -> int:
    """One past the last line feed of data[begin:end]; 0 if there is none."""
    while end > begin:
        if data[end - 1] == 10:
            return end
        end -= 1
    return 0


@kernel
def _string_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where the quote that ends a string stands; -1 if there is none before a control character."""
    while at < end:
        found = equal(data, at, 34) | equal(data, at, 92) | between(data, at, 0, 0, 32)
        if found == np.uint64(0):
            at += BLOCK
            continue
        at += first_bit(found)
        if at >= end:
            return -1
        if data[at] == 34:
            return at
        if data[at] != 92 or at + 1 >= end or data[at + 1] < 32:
            return -1
        at += 2
    return -1


@kernel
def _look_up(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    names: NDArray[np.uint8],
    name_ends: NDArray[np.int64],
    inner: NDArray[np.bool_],
    is_inner: bool,
) -> int:
    """Which member a name is, or -1."""
    first = 0
    for member in range(len(name_ends)):
        last = name_ends[member]
        fits = inner[member] == is_inner and last - first <= stop - start  # escapes are longer
        if fits and _is_name(data, start, stop, names, first, last):
            return member
        first = last
    return -1


@kernel
def _is_name(
    data: NDArray[np.uint8], at: int, stop: int, names: NDArray[np.uint8], place: int, last: int
) -> bool:
    """Whether the string [at, stop) is the name [place, last), its escapes resolved."""
    while at < stop and place < last:
        code: Any = np.int64(data[at])
        if code == 92:  # '\\'
            code, at = read_escape(data, at, stop)
        else:
            at += 1
        if code != names[place]:
            return False
        place += 1
    return at == stop and place == last


@kernel
def _scalar(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """One past a number or a word, and its kind; -1 if it is none."""
    if data[at] == 110:  # 'n'
        return _word(data, at, end, b"null"), NULL
    if data[at] == 116:  # 't'
        return _word(data, at, end, b"true"), OTHER
    if data[at] == 102:  # 'f'
        return _word(data, at, end, b"false"), OTHER
    if data[at] == 78:  # 'N'
        return _word(data, at, end, b"NaN"), NUMBER
    if data[at] == 45:  # '-'
        at += 1
    if at < end and data[at] == 73:  # 'I'
        return _word(data, at, end, b"Infinity"), NUMBER
    whole = _digits(data, at, end)
    if whole == at or (data[at] == 48 and whole > at + 1):  # '0' stands alone
        return -1, NUMBER
    at = whole
    if at < end and data[at] == 46:  # '.'
        fraction = _digits(data, at + 1, end)
        if fraction == at + 1:
            return -1, NUMBER
        at = fraction
    if at < end and (data[at] | 32) == 101:  # 'e'
        at += 1
        if at < end and (data[at] == 43 or data[at] == 45):
            at += 1
        exponent = _digits(data, at, end)
        if exponent == at:
            return -1, NUMBER
        at = exponent
    return at, NUMBER


@kernel
def _digits(data: NDArray[np.uint8], at: int, end: int) -> int:
    while at < end and 48 <= data[at] <= 57:
        at += 1
    return at


@kernel
def _word(data: NDArray[np.uint8], at: int, end: int, word: bytes) -> int:
    """One past a word that must stand here; -1 if it does not."""
    if at + len(word) > end:
        return -1
    for offset in range(len(word)):
        if data[at + offset] != word[offset]:
            return -1
    return at + len(word)
