"""The decorators that compile kernels, with one set of numba settings and an on-disk cache.

A kernel is compiled at its first call, which takes seconds, and cached on disk; later processes
load it in milliseconds. The cache is in the user's cache folder (`foundation.caching`;
`$NUMBA_CACHE_DIR` overrides it), in a folder whose name is a hash of all source files that go into
the kernel: numba itself checks only the kernel's own file and misses changes in functions imported
from other files. Kernels release the GIL, do not check bounds (their docstrings say what callers
must guarantee) and never reorder floating-point sums, so results are the same on every processor.
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
    """The files of a module and of all project modules that it imports, transitively."""
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
    """The cache folder of a module's compiled kernels, named by the hash of their sources."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_sources(module)):
        digest.update(os.path.relpath(path, _ROOT).encode() + b"\0" + path.read_bytes())
    return user_cache() / "kernels" / digest.hexdigest()[:16]


def _compile(function: Function, **settings: Any) -> Function:  # noqa: ANN401 - numba's options
    if "NUMBA_CACHE_DIR" not in os.environ:
        numba.config.CACHE_DIR = str(kernel_cache(Path(function.__code__.co_filename)))
    return cast("Function", njit(nogil=True, cache=True, boundscheck=False, **settings)(function))


def kernel(function: Function) -> Function:
    """Compile `function` to machine code; its type stays the same."""
    return _compile(function)


def inlined(function: Function) -> Function:
    """Compile `function` so that it is inlined into each kernel that calls it."""
    return _compile(function, inline="always")
