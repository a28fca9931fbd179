"""Real source files, edited copies of them, and the truth about which are similar.

For the tests and the benchmark of near duplicates. An edited copy has one to three of the edits
that real copies have: identifiers renamed, the header changed, reformatted, lines deleted, a
function added. The truth is exact: the Jaccard similarity of the sets of token 5-grams, of all
pairs that can reach `LEAST`.
"""

import random
import re
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.shingles import MIN_TOKENS, Shingles, shingle
from codecorpus.filters.near_duplicates.verification import exact_jaccard
from codecorpus.foundation.columns import ByteColumn

NGRAM = 5
LEAST = 0.6
"""Pairs of less similarity are in no truth."""

NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,}")
SUFFIXES = {".py", ".pyi", ".h", ".c", ".js", ".css", ".html"}


@dataclass(frozen=True)
class Corpus:
    """Files by rank, and all pairs whose exact similarity is at least `LEAST`."""

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
    """Another name for some identifiers."""
    names = sorted(set(NAME.findall(text)))
    count = int(len(names) * chance.choice([0.003, 0.01, 0.02, 0.04])) + 1
    renamed = {name: b"%b_%d" % (name, chance.randrange(100)) for name in names[:count]}
    chance.shuffle(names)
    return NAME.sub(lambda found: renamed.get(found[0], found[0]), text)


def change_header(text: bytes, chance: random.Random) -> bytes:
    """Another notice for the first lines."""
    notice = b"# Copyright %d some author, version %d\n" % (
        chance.randrange(1990, 2025),
        chance.randrange(100),
    )
    return notice + b"\n".join(text.split(b"\n")[chance.randrange(8) :])


def reformat(text: bytes, _: random.Random) -> bytes:
    """Tabs, other quotes, no space behind commas."""
    return text.replace(b"    ", b"\t").replace(b", ", b",").replace(b"'", b'"')


def delete_lines(text: bytes, chance: random.Random) -> bytes:
    """A stretch of lines less."""
    lines = text.split(b"\n")
    count = int(len(lines) * chance.choice([0.01, 0.03, 0.06, 0.1]))
    start = chance.randrange(max(1, len(lines) - count))
    return b"\n".join(lines[:start] + lines[start + count :])


def add_function(text: bytes, chance: random.Random) -> bytes:
    """A function more at the end."""
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


def make_corpus(real: list[bytes], copies: int, seed: int) -> Corpus:
    """Real files and edited copies, the largest first: that is their rank."""
    texts = sorted(dict.fromkeys(real + edited(real, copies, seed)), key=lambda t: (-len(t), t))
    column = ByteColumn.from_values(texts)
    column = column.select(shingle(column, NGRAM).tokens >= MIN_TOKENS)
    return Corpus(column, *all_similar(column))


def all_similar(column: ByteColumn) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """Every pair of similarity `LEAST` and more, ascending, and its similarity."""
    pairs = possible_pairs(shingle(column, NGRAM).distinct())
    similarity = [
        exact_jaccard(column, part >> np.uint64(32), part & np.uint64(0xFFFFFFFF), NGRAM)
        for part in np.array_split(pairs, len(pairs) // 200_000 + 1)
    ]
    found = np.concatenate(similarity)
    return pairs[found >= LEAST], found[found >= LEAST]


def possible_pairs(sets: Shingles) -> NDArray[np.uint64]:
    """All pairs that can reach `LEAST`: none that does is left out.

    Two sets of that similarity share so many shingles that, with the shingles of each in one common
    order, they share one among the first size - ceil(LEAST * size) + 1 (prefix filtering: Bayardo,
    Ma and Srikant, Scaling Up All Pairs Similarity Search, WWW 2007). Rare ones come first in the
    order, so few pairs are proposed.
    """
    sizes = np.diff(sets.offsets)
    files = np.repeat(np.arange(len(sizes)), sizes)
    _, name, count = np.unique(sets.hashes, return_inverse=True, return_counts=True)
    order = np.lexsort((name, count[name], files))
    place = np.arange(len(order)) - np.repeat(sets.offsets[:-1], sizes)
    first = order[place < np.repeat(sizes - np.ceil(LEAST * sizes).astype(np.int64) + 1, sizes)]
    first = first[np.lexsort((files[first], name[first]))]
    name, files = name[first], files[first]
    found = [np.empty(0, np.uint64)]
    at = np.arange(len(name) - 1)
    distance = 1
    while len(at):
        at = at[at + distance < len(name)]
        at = at[name[at] == name[at + distance]]
        better, worse = files[at], files[at + distance]
        near = np.minimum(sizes[better], sizes[worse]) >= LEAST * np.maximum(
            sizes[better], sizes[worse]
        )
        packed = better[near].astype(np.uint64) << np.uint64(32) | worse[near].astype(np.uint64)
        found = [np.unique(np.concatenate([*found, packed]))]
        distance += 1
    return found[0]
