"""Numba intrinsics on 64-bit words: unaligned loads and stores, and bit counting.

Bounds are not checked: the eight bytes at the offset must be inside the array.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD = ir.IntType(64)
_BYTES = ir.IntType(8).as_pointer()


@intrinsic  # type: ignore[untyped-decorator]
def load64(_typing: Any, array: Any, offset: Any) -> Any:
    """Load the eight bytes at byte `offset` of a contiguous array, as a little-endian uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(builder.bitcast(view.data, _BYTES), [arguments[1]])
        return builder.load(builder.bitcast(address, _WORD.as_pointer()), align=1)

    del offset
    return types.uint64(array, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def store64(_typing: Any, array: Any, offset: Any, value: Any) -> Any:
    """Write uint64 `value` at byte `offset` of a contiguous array, little-endian."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(builder.bitcast(view.data, _BYTES), [arguments[1]])
        builder.store(arguments[2], builder.bitcast(address, _WORD.as_pointer()), align=1)
        return context.get_dummy_value()

    del offset, value
    return types.void(array, types.int64, types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(_typing: Any, value: Any) -> Any:
    """The number of trailing zero bits of a non-zero uint64, as uint64."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    del value
    return types.uint64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def leading_zeros(_typing: Any, value: Any) -> Any:
    """The number of leading zero bits of a non-zero uint64, as uint64."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    del value
    return types.uint64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def population_count(_typing: Any, value: Any) -> Any:
    """The number of set bits of a uint64, as uint64."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    del value
    return types.uint64(types.uint64), generate
