"""The version of the code: only the code that started a build may resume it."""

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("foundation", "filters", "tokenization", "pipelines")
LIBRARIES = ("apache-beam", "numba", "numpy", "orjson", "py3langid", "pyarrow", "tokenizers")
"""Libraries whose version may change the bytes of the output."""


@functools.cache
def code_version() -> str:
    """Our version, a hash of our modules, tables and weights, and the libraries' versions."""
    root = Path(__file__).parents[2]
    files = sorted(
        path
        for package in PACKAGES
        for path in (root / package).rglob("*")
        if path.suffix in {".py", ".txt", ".npz"}
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    libraries = " ".join(f"{name}=={version(name)}" for name in LIBRARIES)
    return f"codecorpus {version('codecorpus')} ({digest.hexdigest()[:12]}) {libraries}"
