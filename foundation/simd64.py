"""Numba intrinsics that compare 64 bytes at once and return a 64-bit mask; bit k is for byte k.

The compiler uses the processor's widest vectors (two of 32 bytes with AVX2). Bounds are not
checked: the 64 bytes at the offset must be inside the array.
"""

# ruff: noqa: ANN401 - numba's compiler passes its own objects

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
    """A vector of 64 bytes, each the low byte of an int64."""
    byte = builder.trunc(value, _BYTE)
    first = builder.insert_element(ir.Constant(_BYTES, ir.Undefined), byte, ir.Constant(_WORD, 0))
    indices = ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), [0] * BLOCK)
    return builder.shuffle_vector(first, ir.Constant(_BYTES, ir.Undefined), indices)


def _load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Load the block at the array and offset in the first two arguments."""
    view = context.make_array(signature.args[0])(context, builder, arguments[0])
    address = builder.gep(builder.bitcast(view.data, _BYTE.as_pointer()), [arguments[1]])
    return builder.load(builder.bitcast(address, _BYTES.as_pointer()), align=1)


@intrinsic  # type: ignore[untyped-decorator]
def equal(_typing: Any, array: Any, offset: Any, value: Any) -> Any:
    """Mask of the bytes equal to `value` among the 64 at byte `offset` of a contiguous array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block = _load(context, builder, signature, arguments)
        found = builder.icmp_unsigned("==", block, _splat(builder, arguments[2]))
        return builder.bitcast(found, _WORD)

    del offset, value
    return types.uint64(array, types.int64, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def between(_typing: Any, array: Any, offset: Any, mask: Any, low: Any, count: Any) -> Any:
    """Mask of the 64 bytes at `offset` that, or-ed with `mask`, are in [low, low + count)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block = _load(context, builder, signature, arguments)
        _, _, mask, low, count = arguments
        moved = builder.sub(builder.or_(block, _splat(builder, mask)), _splat(builder, low))
        found = builder.icmp_unsigned("<", moved, _splat(builder, count))
        return builder.bitcast(found, _WORD)

    del offset, mask, low, count
    return types.uint64(array, *[types.int64] * 4), generate
