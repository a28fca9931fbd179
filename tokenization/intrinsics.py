"""LLVM operations that numba does not offer, for the encoder's kernels."""

# ruff: noqa: ANN401 - numba's compiler passes its own objects

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_WORD, _DOUBLE_WORD = ir.IntType(64), ir.IntType(128)
_BYTES = ir.IntType(8).as_pointer()
_INT = ir.IntType(32)


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, types.Array):
        view = context.make_array(kind)(context, builder, value)
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        view.parent = cgutils.get_null_value(view.parent.type)
        return view._getvalue()  # noqa: SLF001 - numba's way to read a struct
    for index, inner in enumerate(kind if isinstance(kind, types.BaseTuple) else ()):
        item = _without_owner(context, builder, inner, builder.extract_value(value, index))
        value = builder.insert_value(value, item, index)
    return value


@intrinsic  # type: ignore[untyped-decorator]
def borrowed(_typing: Any, arrays: Any) -> Any:
    """The same memory as an array without an owner; the caller keeps the original alive.

    Takes an array, or a named tuple of arrays, numbers and such tuples.

    Numba counts references, with an atomic addition, at each call of a function that takes an array
    and loops. In functions that run once a word this cost more than their work: it made the encoder
    two to three times slower. A borrowed array has no reference count.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return arrays(arrays), generate


@intrinsic  # type: ignore[untyped-decorator]
def folded_product(_typing: Any, left: Any, right: Any) -> Any:
    """The 128-bit product of two uint64, its high half xor its low half, as uint64.

    With secret numbers xored into both factors, nobody can prepare inputs that collide. This is the
    mixing step of wyhash (Wang Yi, public domain, 2019).
    """

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        wide = [builder.zext(argument, _DOUBLE_WORD) for argument in arguments]
        product = builder.mul(*wide)
        high = builder.trunc(builder.lshr(product, ir.Constant(_DOUBLE_WORD, 64)), _WORD)
        return builder.xor(high, builder.trunc(product, _WORD))

    del left, right
    return types.uint64(types.uint64, types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_typing: Any, array: Any, index: Any) -> Any:
    """Ask the processor to load array[index] of a contiguous array into its cache."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(view.data, [arguments[1]]), _BYTES)
        signature_ir = ir.FunctionType(ir.VoidType(), [_BYTES, _INT, _INT, _INT])
        function = builder.module.declare_intrinsic("llvm.prefetch", [_BYTES], signature_ir)
        read, all_levels, data = (ir.Constant(_INT, value) for value in (0, 3, 1))
        builder.call(function, [address, read, all_levels, data])
        return context.get_dummy_value()

    assert isinstance(array, types.Array)
    del index
    return types.void(array, types.int64), generate
