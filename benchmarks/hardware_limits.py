"""Upper limits of this machine, measured in the same run: the rooflines of the hot loops.

Each is for one core, the best of several attempts, in megabytes (10^6 bytes) per second:

    copy      reading and writing memory, a large array at a time (both directions counted once)
    lookup    one table lookup per byte, in C: no loop over bytes without vectors is faster
    gather    8 bytes at random offsets of a 64 MB table, times 5 bytes: one lookup per word of text
    read      a large file from the page cache
    write     a large file, into the page cache
    inflate   zlib on source code
    igzip     ISA-L on the same
    unzstd    Zstandard on the same, compressed at level 3
    sha1      the hash of content ids
"""

import hashlib
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from isal import isal_zlib

from benchmarks.paths import CORPUS, WORK

ATTEMPTS = 5
WORD_BYTES = 5
"""Bytes of source code in a word of the tokenizer, roughly."""


def measure() -> dict[str, float]:
    """Measure all limits, by name."""
    text = (CORPUS / "blob.bin").read_bytes()[:64_000_000]
    array = np.frombuffer(text, np.uint8)
    target = np.empty_like(array)
    table = np.arange(8_000_000, dtype=np.uint64)
    indices = np.random.default_rng(1).integers(0, len(table), 2_000_000)
    deflated = zlib.compress(text[:16_000_000], 6)
    zstd = pa.Codec("zstd", 3)
    compressed = zstd.compress(text, asbytes=True)
    shift_by_one = bytes(range(1, 256)) + b"\0"
    small = text[:1_000_000]
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        file = Path(folder) / "file"
        return {
            "copy": _rate(len(text), lambda: np.copyto(target, array)),
            "lookup": _rate(len(small), lambda: small.translate(shift_by_one)),
            "gather": _rate(len(indices) * WORD_BYTES, lambda: table.take(indices)),
            "write": _rate(len(text), lambda: file.write_bytes(text)),
            "read": _rate(len(text), lambda: _read(file, target.data)),
            "inflate": _rate(16_000_000, lambda: zlib.decompress(deflated)),
            "igzip": _rate(16_000_000, lambda: isal_zlib.decompress(deflated)),
            "unzstd": _rate(len(text), lambda: zstd.decompress(compressed, len(text))),
            "sha1": _rate(len(text), lambda: hashlib.sha1(text, usedforsecurity=False)),
        }


def _read(path: Path, into: memoryview) -> None:
    with path.open("rb", buffering=0) as file:
        file.readinto(into)


def _rate(size: int, work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ATTEMPTS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return size / 1e6 / min(seconds)
