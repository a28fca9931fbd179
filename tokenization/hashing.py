"""A keyed hash of 16 bytes in one multiplication."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD, _DOUBLE = ir.IntType(64), ir.IntType(128)


@intrinsic  # type: ignore[untyped-decorator]
def folded_product(_typing: Any, left: Any, right: Any) -> Any:  # noqa: ANN401 - numba's types
    """The 128-bit product of two uint64, its high half xor its low half, as uint64.

    With secret numbers xored into both factors, nobody can prepare inputs that collide; this is
    the step of wyhash (Wang Yi, public domain, 2019).
    """

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        wide = [builder.zext(argument, _DOUBLE) for argument in arguments]
        product = builder.mul(*wide)
        high = builder.trunc(builder.lshr(product, ir.Constant(_DOUBLE, 64)), _WORD)
        return builder.xor(high, builder.trunc(product, _WORD))

    del left, right
    return types.uint64(types.uint64, types.uint64), generate
