"""Asking the processor to fetch memory that is needed soon."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_BYTES = ir.IntType(8).as_pointer()
_NUMBER = ir.IntType(32)


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_typing: Any, array: Any, index: Any) -> Any:  # noqa: ANN401 - numba's types
    """Fetch array[index] of a contiguous array into the cache; changes nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(view.data, [arguments[1]]), _BYTES)
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, _NUMBER, _NUMBER, _NUMBER])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [_BYTES], kind)
        reading, nearest, data = (ir.Constant(_NUMBER, value) for value in (0, 3, 1))
        builder.call(fetch, [address, reading, nearest, data])
        return context.get_dummy_value()

    assert isinstance(array, types.Array)
    del index
    return types.void(array, types.int64), generate
