"""Sixty-four bytes at a time: which of them are a byte, or lie in a range, as the bits of a word.

A comparison of 64 bytes at once; the compiler chooses the processor's widest vectors for it (two of
32 bytes with AVX2). None of these checks bounds: the 64 bytes at the offset must lie inside the
array. Bit k of the answer belongs to byte k.
"""

# ruff: noqa: ANN401 - numba's compiler hands over its own objects

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

BLOCK = 64
"""Bytes in a block."""

_BYTE = ir.IntType(8)
_BYTES = ir.VectorType(_BYTE, BLOCK)
_WORD = ir.IntType(64)


def _splat(builder: Any, value: Any) -> Any:
    """A vector of 64 equal bytes, of an int64."""
    byte = builder.trunc(value, _BYTE)
    first = builder.insert_element(ir.Constant(_BYTES, ir.Undefined), byte, ir.Constant(_WORD, 0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), [0] * BLOCK)
    return builder.shuffle_vector(first, ir.Constant(_BYTES, ir.Undefined), places)


def _load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """The block that the first two arguments name."""
    view = context.make_array(signature.args[0])(context, builder, arguments[0])
    address = builder.gep(builder.bitcast(view.data, _BYTE.as_pointer()), [arguments[1]])
    return builder.load(builder.bitcast(address, _BYTES.as_pointer()), align=1)


@intrinsic  # type: ignore[untyped-decorator]
def equal(_typing: Any, array: Any, offset: Any, value: Any) -> Any:
    """Which of the 64 bytes at byte `offset` of a contiguous array are `value`, as uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block = _load(context, builder, signature, arguments)
        found = builder.icmp_unsigned("==", block, _splat(builder, arguments[2]))
        return builder.bitcast(found, _WORD)

    del offset, value
    return types.uint64(array, types.int64, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def between(_typing: Any, array: Any, offset: Any, mask: Any, low: Any, count: Any) -> Any:
    """Which of the 64 bytes at `offset`, or `mask`, lie in [low, low + count), as uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block = _load(context, builder, signature, arguments)
        _, _, mask, low, count = arguments
        moved = builder.sub(builder.or_(block, _splat(builder, mask)), _splat(builder, low))
        found = builder.icmp_unsigned("<", moved, _splat(builder, count))
        return builder.bitcast(found, _WORD)

    del offset, mask, low, count
    return types.uint64(array, *[types.int64] * 4), generate
