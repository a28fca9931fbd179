"""One set of compiler settings for every kernel.

A kernel is compiled at its first call (some seconds) and cached on disk; a later process loads it
in milliseconds. The cache is in the user's cache folder (`foundation.caching`; `$NUMBA_CACHE_DIR`
overrides it), in a folder for each state of the source that goes into a kernel: numba itself looks
at the kernel's own file alone, and misses changes in functions that it compiles in from others.
Kernels release the interpreter's lock, check no bounds (their docstrings say what callers must
guarantee) and never reorder floating-point sums, so every processor answers alike.
"""

import functools
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import njit

from codecorpus.foundation.caching import user_cache

Function = TypeVar("Function", bound=Callable[..., Any])


_ROOT = Path(__file__).parent.parent
_IMPORT = re.compile(rb"^from codecorpus\.([\w.]+) import (\([^)]*\)|.+)", re.MULTILINE)


@functools.cache
def _sources(module: Path) -> frozenset[Path]:
    """A module and those of the project that it imports, and so on."""
    found = {module}
    waiting = [module]
    while waiting:
        for package, names in _IMPORT.findall(waiting.pop().read_bytes()):
            folder = _ROOT / package.decode().replace(".", "/")
            inner = (folder / f"{name.strip('( ,')}.py" for name in names.decode().split())
            for path in {folder.with_suffix(".py"), folder / "__init__.py", *inner} - found:
                if path.exists():
                    found.add(path)
                    waiting.append(path)
    return frozenset(found)


@functools.cache
def kernel_cache(module: Path) -> Path:
    """The folder of a module's compiled kernels, named after the source that goes into them."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_sources(module)):
        digest.update(os.path.relpath(path, _ROOT).encode() + b"\0" + path.read_bytes())
    return user_cache() / "kernels" / digest.hexdigest()[:16]


def _compile(function: Function, **settings: Any) -> Function:  # noqa: ANN401 - numba's own
    if "NUMBA_CACHE_DIR" not in os.environ:
        numba.config.CACHE_DIR = str(kernel_cache(Path(function.__code__.co_filename)))
    return cast("Function", njit(nogil=True, cache=True, boundscheck=False, **settings)(function))


def kernel(function: Function) -> Function:
    """Compile `function` to machine code, keeping its type."""
    return _compile(function)


def inlined(function: Function) -> Function:
    """Compile `function` into each kernel that calls it."""
    return _compile(function, inline="always")
