"""The kernels that write out the strings of JSON, their escapes resolved (RFC 8259, section 7)."""

# ruff: noqa: ANN401 - numba's compiler hands over its own objects

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel
from codecorpus.foundation.simd64 import BLOCK, equal
from codecorpus.pipelines.sources.jsonl.escapes import read_escape
from codecorpus.pipelines.sources.jsonl.grammar import first_bit

TOO_LONG = -3
"""Why a string cannot be written out, beside what is wrong with an escape."""


@intrinsic  # type: ignore[untyped-decorator]
def _copy_block(_typing: Any, source: Any, at: Any, target: Any, place: Any) -> Any:
    """Copy BLOCK bytes between arrays that do not overlap."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), BLOCK).as_pointer()
        places = []
        for index in (0, 2):
            array = context.make_array(signature.args[index])(context, builder, arguments[index])
            address = builder.gep(
                builder.bitcast(array.data, ir.IntType(8).as_pointer()), [arguments[index + 1]]
            )
            places.append(builder.bitcast(address, vector))
        builder.store(builder.load(places[0], align=1), places[1], align=1)
        return context.get_dummy_value()

    del at, place
    return types.void(source, types.int64, target, types.int64), generate


@kernel
def write_strings(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    rows: NDArray[np.bool_],
    out: NDArray[np.uint8],
    most: int,
    offsets: NDArray[np.int64],
    troubles: NDArray[np.int8],
) -> None:
    """Write strings one behind the other; a row that is not asked for, or cannot be, takes none.

    Args:
        data: uint8, what the spans lie in, with BLOCK bytes behind the last.
        starts: int64[n], where the inside of each string begins.
        ends: int64[n], where its quote stands.
        rows: bool[n], which to write.
        out: uint8, takes the strings; it must hold all of them, `most` more, and two BLOCKs.
        most: bytes that one string may have.
        offsets: int64[n + 1], takes where each begins.
        troubles: int8[n], takes 0, or why it was not written.
    """
    offsets[0] = 0
    for row in range(len(rows)):
        place = offsets[row]
        stop = place
        troubles[row] = 0
        if rows[row]:
            stop = _write(data, starts[row], ends[row], out, place, most)
            if stop < 0:
                troubles[row] = stop
                stop = place
        offsets[row + 1] = stop


@kernel
def read_numbers(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    rows: NDArray[np.bool_],
    numbers: NDArray[np.int32],
) -> None:
    """Whole numbers, digits alone, below 2**31; -1 of everything else.

    Args:
        data: uint8, what the spans lie in.
        starts: int64[n], where each begins.
        ends: int64[n], one past where it ends.
        rows: bool[n], which to read.
        numbers: int32[n], takes them.
    """
    for row in range(len(rows)):
        number: Any = np.int64(-1)
        if rows[row] and 0 < ends[row] - starts[row] <= 10:
            number = 0
            for at in range(starts[row], ends[row]):
                is_digit = 48 <= data[at] <= 57
                number = number * 10 + data[at] - 48 if is_digit and number >= 0 else -1
        numbers[row] = number if number < 1 << 31 else -1


@kernel
def _write(
    data: NDArray[np.uint8], at: int, end: int, out: NDArray[np.uint8], begin: int, most: int
) -> int:
    """Write one string from `begin` on; one past its end, or why it cannot be written."""
    place = begin
    while at < end:
        _copy_block(data, at, out, place)
        found = equal(data, at, 92)
        plain = first_bit(found) if found != np.uint64(0) else BLOCK
        plain = min(plain, end - at)
        at += plain
        place += plain
        if plain < BLOCK and at < end:
            code, at = read_escape(data, at, end)
            if code < 0:
                return code
            place = _write_code(out, place, code)
        if place - begin > most:
            return TOO_LONG
    return place


@kernel
def _write_code(out: NDArray[np.uint8], place: int, code: int) -> int:
    """Write a code point as UTF-8 (RFC 3629); one past its end."""
    if code < 0x80:
        out[place] = code
        return place + 1
    if code < 0x800:
        out[place] = 0xC0 | code >> 6
        out[place + 1] = 0x80 | code & 63
        return place + 2
    if code < 0x10000:
        out[place] = 0xE0 | code >> 12
        out[place + 1] = 0x80 | code >> 6 & 63
        out[place + 2] = 0x80 | code & 63
        return place + 3
    out[place] = 0xF0 | code >> 18
    out[place + 1] = 0x80 | code >> 12 & 63
    out[place + 2] = 0x80 | code >> 6 & 63
    out[place + 3] = 0x80 | code & 63
    return place + 4
