"""Real source files, edited copies of them, and the truth about which are similar."""

import random
import re
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from filters.near_duplicates.shingles import MINIMUM_TOKENS, shingle
from filters.near_duplicates.verification import exact_jaccard
from foundation.columns import ByteColumn

settings.register_profile("compiled", deadline=None)  # a kernel's first call compiles it
settings.load_profile("compiled")

NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,}")
SUFFIXES = {".py", ".pyi", ".h", ".c", ".js", ".css", ".html"}


@dataclass(frozen=True)
class Corpus:
    """Files by rank, and all pairs whose exact similarity is at least 0.6."""

    column: ByteColumn
    pairs: NDArray[np.uint64]
    similarity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.column)

    def truth(self, threshold: float) -> NDArray[np.uint64]:
        """The similar pairs, `better << 32 | worse`, ascending."""
        return self.pairs[self.similarity >= threshold]


@cache
def library() -> list[Path]:
    """Source files of the running Python, of 512 bytes to 64 KiB."""
    return sorted(
        path
        for root in {sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")}
        for path in Path(root).rglob("*")
        if path.suffix in SUFFIXES and path.is_file() and 512 <= path.stat().st_size <= 65_536
    )


def real_files(count: int, seed: int) -> list[bytes]:
    """Different files, in an order that `seed` decides."""
    paths = random.Random(seed).sample(library(), len(library()))
    found: dict[bytes, None] = {}
    for path in paths:
        found[path.read_bytes()] = None
        if len(found) == count:
            break
    return list(found)


def rename(text: bytes, chance: random.Random) -> bytes:
    names = sorted(set(NAME.findall(text)))
    count = int(len(names) * chance.choice([0.003, 0.01, 0.02, 0.04])) + 1
    renamed = {name: b"%b_%d" % (name, chance.randrange(100)) for name in names[:count]}
    chance.shuffle(names)
    return NAME.sub(lambda found: renamed.get(found[0], found[0]), text)


def change_header(text: bytes, chance: random.Random) -> bytes:
    notice = b"# Copyright %d some author, version %d\n" % (
        chance.randrange(1990, 2025),
        chance.randrange(100),
    )
    return notice + b"\n".join(text.split(b"\n")[chance.randrange(8) :])


def reformat(text: bytes, _: random.Random) -> bytes:
    return text.replace(b"    ", b"\t").replace(b", ", b",").replace(b"'", b'"')


def delete_lines(text: bytes, chance: random.Random) -> bytes:
    lines = text.split(b"\n")
    count = int(len(lines) * chance.choice([0.01, 0.03, 0.06, 0.1]))
    start = chance.randrange(max(1, len(lines) - count))
    return b"\n".join(lines[:start] + lines[start + count :])


def add_function(text: bytes, chance: random.Random) -> bytes:
    count = int(text.count(b"\n") * chance.choice([0.02, 0.05, 0.1, 0.2])) + 2
    body = b"".join(b"    value_%d = compute(%d, step)\n" % (i, i * i) for i in range(count))
    return b"%b\ndef added_%d(step):\n%b" % (text, chance.randrange(100), body)


EDITS: list[Callable[[bytes, random.Random], bytes]] = [
    rename,
    change_header,
    reformat,
    delete_lines,
    add_function,
]


def edited(texts: list[bytes], count: int, seed: int) -> list[bytes]:
    """Copies with one to three edits each, several of one file among them."""
    chance = random.Random(seed)
    copies: list[bytes] = []
    while len(copies) < count:
        text = chance.choice(texts)
        for _ in range(chance.choice([1, 2, 3])):
            copy = text
            for _ in range(chance.choice([1, 1, 2, 3])):
                copy = chance.choice(EDITS)(copy, chance)
            copies.append(copy)
    return copies


def all_similar(column: ByteColumn) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """Every pair of similarity 0.6 and more, found by comparing all files with all."""
    sizes = np.diff(shingle(column, 5).distinct().offsets)
    order = np.argsort(sizes, kind="stable")
    reach = np.searchsorted(sizes[order], sizes[order] / 0.6 + 1)
    packed, similarity = [], []
    for place in range(len(column)):
        others = order[place + 1 : reach[place]]
        left = np.full(len(others), order[place])
        packed.append(np.minimum(left, others) << 32 | np.maximum(left, others))
    pairs = np.sort(np.concatenate(packed)).astype(np.uint64)
    for part in np.array_split(pairs, len(pairs) // 200_000 + 1):
        left, right = (part >> np.uint64(32)), (part & np.uint64(0xFFFFFFFF))
        similarity.append(exact_jaccard(column, left, right, 5))
    found = np.concatenate(similarity)
    return pairs[found >= 0.6], found[found >= 0.6]


def make_corpus(files: int, copies: int, seed: int) -> Corpus:
    real = real_files(files, seed)
    texts = sorted(dict.fromkeys(real + edited(real, copies, seed)), key=lambda t: (-len(t), t))
    column = ByteColumn.from_values(texts)
    column = column.select(shingle(column, 5).tokens >= MINIMUM_TOKENS)
    return Corpus(column, *all_similar(column))


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """600 real files and as many edited copies."""
    return make_corpus(600, 600, 1)


@pytest.fixture(scope="session")
def large_corpus() -> Corpus:
    """Up to 10,000 real files and 3,000 edited copies."""
    return make_corpus(10_000, 3_000, 2)


@pytest.fixture(scope="session")
def texts() -> list[bytes]:
    """300 real files."""
    return real_files(300, 3)


def words(numbers: Any) -> bytes:
    """A file whose shingles of one token are these numbers."""
    return b" ".join(b"w%d" % number for number in numbers)


@pytest.fixture(scope="session")
def pair_of_sets() -> Callable[[int, int, int], tuple[bytes, bytes]]:
    """Two files that share `shared` tokens, and have `own` each that the other has not."""

    def make(shared: int, own: int, start: int) -> tuple[bytes, bytes]:
        first = words(range(start, start + shared + own))
        second = words([*range(start, start + shared), *range(start + 10**6, start + 10**6 + own)])
        return first, second

    return make
