"""What this machine can do at all, measured in the same run: the rooflines of the hot loops.

Each is one core's, the best of some tries, in megabytes (10^6 bytes) a second:

    copy      reading and writing memory, a large array at a time (both ways counted once)
    lookup    one table look-up a byte, in C: what no loop over bytes without vectors surpasses
    gather    8 bytes at random places of a table of 64 MB, times 5 bytes: a look-up a word of text
    read      a large file out of the system's cache
    write     a large file, written and left to the system's cache
    inflate   zlib over source code
    igzip     ISA-L over the same
    unzstd    Zstandard over it, compressed at level 3
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

TRIES = 5
WORD = 5
"""Bytes of source code a word of the tokenizer, about."""


def measure() -> dict[str, float]:
    """All of them."""
    text = (CORPUS / "blob.bin").read_bytes()[:64_000_000]
    array = np.frombuffer(text, np.uint8)
    target = np.empty_like(array)
    table = np.arange(8_000_000, dtype=np.uint64)
    places = np.random.default_rng(1).integers(0, len(table), 2_000_000)
    packed = zlib.compress(text[:16_000_000], 6)
    zstd = pa.Codec("zstd", 3)
    packed_more = zstd.compress(text, asbytes=True)
    shift = bytes(range(1, 256)) + b"\0"
    small = text[:1_000_000]
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        file = Path(folder) / "file"
        return {
            "copy": _rate(len(text), lambda: np.copyto(target, array)),
            "lookup": _rate(len(small), lambda: small.translate(shift)),
            "gather": _rate(len(places) * WORD, lambda: table.take(places)),
            "write": _rate(len(text), lambda: file.write_bytes(text)),
            "read": _rate(len(text), lambda: _read(file, target.data)),
            "inflate": _rate(16_000_000, lambda: zlib.decompress(packed)),
            "igzip": _rate(16_000_000, lambda: isal_zlib.decompress(packed)),
            "unzstd": _rate(len(text), lambda: zstd.decompress(packed_more, len(text))),
            "sha1": _rate(len(text), lambda: hashlib.sha1(text, usedforsecurity=False)),
        }


def _read(path: Path, into: memoryview) -> None:
    with path.open("rb", buffering=0) as file:
        file.readinto(into)


def _rate(size: int, work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return size / 1e6 / min(seconds)
