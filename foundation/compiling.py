"""One set of compiler settings for every kernel.

A kernel is compiled at its first call (some seconds) and cached on disk beside its module, or in
the user's cache folder where that cannot be written; a later process loads it in milliseconds.
Kernels release the interpreter's lock, check no bounds (their docstrings say what callers must
guarantee) and never reorder floating-point sums, so every processor answers alike.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` to machine code, keeping its type."""
    return cast("Function", njit(nogil=True, cache=True, boundscheck=False)(function))


def inlined(function: Function) -> Function:
    """Compile `function` into each kernel that calls it."""
    return cast(
        "Function", njit(nogil=True, cache=True, boundscheck=False, inline="always")(function)
    )
