"""Arrays without reference counts inside kernels.

Numba counts a reference, with an atomic addition, at each call of a function that takes an array
and loops. In functions that run once a word this cost more than their work: the encoder was two to
three times slower. A borrowed array has no owner to count for.
"""

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
def borrowed(_typing: Any, array: Any) -> Any:  # noqa: ANN401 - numba's types
    """The same memory as an array that owns nothing; the caller keeps the original alive."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        view.parent = cgutils.get_null_value(view.parent.type)
        return view._getvalue()  # noqa: SLF001 - numba's way to read a struct

    assert isinstance(array, types.Array)
    return array(array), generate
