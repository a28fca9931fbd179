"""Real source files, edited copies of them, and the true pairs of similar files.

For the tests and the benchmark of near duplicates. An edited copy has one to three of the edits
that real copies have: identifiers renamed, header changed, reformatted, lines deleted, a function
added. The true pairs are exact: all pairs whose sets of token 5-grams have a Jaccard similarity of
at least `MIN_SIMILARITY`.
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
MIN_SIMILARITY = 0.6
"""The lowest threshold for which the true pairs are known."""

NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,}")
SUFFIXES = {".py", ".pyi", ".h", ".c", ".js", ".css", ".html"}


@dataclass(frozen=True)
class LabelledCorpus:
    """Files in order of rank, and all pairs with a similarity of at least `MIN_SIMILARITY`."""

    column: ByteColumn
    pairs: NDArray[np.uint64]
    similarity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.column)

    def truth(self, threshold: float) -> NDArray[np.uint64]:
        """The pairs that reach a threshold, `better << 32 | worse`, ascending."""
        return self.pairs[self.similarity >= threshold]


@cache
def installed_files() -> list[Path]:
    """Source files of 512 bytes to 64 KiB of the running Python and its packages."""
    return sorted(
        path
        for root in {sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")}
        for path in Path(root).rglob("*")
        if path.suffix in SUFFIXES and path.is_file() and 512 <= path.stat().st_size <= 65_536
    )


def real_files(count: int, seed: int) -> list[bytes]:
    """Distinct files, in an order that depends on `seed`."""
    paths = random.Random(seed).sample(installed_files(), len(installed_files()))
    found: dict[bytes, None] = {}
    for path in paths:
        found[path.read_bytes()] = None
        if len(found) == count:
            break
    return list(found)


def rename(text: bytes, chance: random.Random) -> bytes:
    """Rename some identifiers."""
    names = sorted(set(NAME.findall(text)))
    count = int(len(names) * chance.choice([0.003, 0.01, 0.02, 0.04])) + 1
    renamed = {name: b"%b_%d" % (name, chance.randrange(100)) for name in names[:count]}
    chance.shuffle(names)
    return NAME.sub(lambda found: renamed.get(found[0], found[0]), text)


def change_header(text: bytes, chance: random.Random) -> bytes:
    """Replace the first lines by a copyright notice."""
    notice = b"# Copyright %d some author, version %d\n" % (
        chance.randrange(1990, 2025),
        chance.randrange(100),
    )
    return notice + b"\n".join(text.split(b"\n")[chance.randrange(8) :])


def reformat(text: bytes, _: random.Random) -> bytes:
    """Use tabs, double quotes, and no space after commas."""
    return text.replace(b"    ", b"\t").replace(b", ", b",").replace(b"'", b'"')


def delete_lines(text: bytes, chance: random.Random) -> bytes:
    """Delete a span of lines."""
    lines = text.split(b"\n")
    count = int(len(lines) * chance.choice([0.01, 0.03, 0.06, 0.1]))
    start = chance.randrange(max(1, len(lines) - count))
    return b"\n".join(lines[:start] + lines[start + count :])


def add_function(text: bytes, chance: random.Random) -> bytes:
    """Append a function."""
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
    """Copies with one to three edits each; some files are copied several times."""
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


def make_corpus(real: list[bytes], copies: int, seed: int) -> LabelledCorpus:
    """Real files and edited copies, ranked by size, the largest first."""
    texts = sorted(dict.fromkeys(real + edited(real, copies, seed)), key=lambda t: (-len(t), t))
    column = ByteColumn.from_values(texts)
    column = column.select(shingle(column, NGRAM).tokens >= MIN_TOKENS)
    return LabelledCorpus(column, *all_similar(column))


def all_similar(column: ByteColumn) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """All pairs with a similarity of at least `MIN_SIMILARITY`, ascending, and the similarities."""
    pairs = prefix_filter_pairs(shingle(column, NGRAM).distinct())
    similarity = [
        exact_jaccard(column, part >> np.uint64(32), part & np.uint64(0xFFFFFFFF), NGRAM)
        for part in np.array_split(pairs, len(pairs) // 200_000 + 1)
    ]
    found = np.concatenate(similarity)
    return pairs[found >= MIN_SIMILARITY], found[found >= MIN_SIMILARITY]


def prefix_filter_pairs(sets: Shingles) -> NDArray[np.uint64]:
    """A superset of the pairs that reach `MIN_SIMILARITY`, found by prefix filtering.

    If the shingles of all sets are sorted in one common order, two sets of that similarity share a
    shingle among the first size - ceil(MIN_SIMILARITY * size) + 1 of each (Bayardo, Ma and Srikant,
    Scaling Up All Pairs Similarity Search, WWW 2007). Rare shingles come first in the order, so few
    pairs are proposed.
    """
    sizes = np.diff(sets.offsets)
    files = np.repeat(np.arange(len(sizes)), sizes)
    _, name, count = np.unique(sets.hashes, return_inverse=True, return_counts=True)
    order = np.lexsort((name, count[name], files))
    position = np.arange(len(order)) - np.repeat(sets.offsets[:-1], sizes)
    first = order[
        position < np.repeat(sizes - np.ceil(MIN_SIMILARITY * sizes).astype(np.int64) + 1, sizes)
    ]
    first = first[np.lexsort((files[first], name[first]))]
    name, files = name[first], files[first]
    found = [np.empty(0, np.uint64)]
    at = np.arange(len(name) - 1)
    distance = 1
    while len(at):
        at = at[at + distance < len(name)]
        at = at[name[at] == name[at + distance]]
        better, worse = files[at], files[at + distance]
        near = np.minimum(sizes[better], sizes[worse]) >= MIN_SIMILARITY * np.maximum(
            sizes[better], sizes[worse]
        )
        packed = better[near].astype(np.uint64) << np.uint64(32) | worse[near].astype(np.uint64)
        found = [np.unique(np.concatenate([*found, packed]))]
        distance += 1
    return found[0]
