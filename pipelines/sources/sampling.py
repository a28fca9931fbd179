"""Which records a sample takes: by hash of their names and of their sizes, so the same every time.

A record has two numbers between 0 and 1: one of its base name (`six.py`), one of its size in bytes.
It is drawn if either is below a limit `a`. The two draws are independent, so any record is drawn
with probability 1 - (1 - a)^2, its rate; and the files that matter together come together:

- copies have one size, so of those below the limit by size no copy is missing;
- edited copies mostly keep their base name, so of those below it by name few are missing.

A draw by the whole name would take each file by itself, and of a pair of duplicates both with the
square of the rate: of 100 pairs 1 at a rate of 10 %. Samples are nested: a lower limit draws a part
of what a higher one draws.

A base name that stands for its folder (`__init__.py`, `index.js`) counts with the folder's name: by
itself it is the name of so many unlike files that a sample would hinge on it. What has no path has
a number
of its own instead of that of a base name, and what was not read one of its name instead of that of
a size.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.foundation.columns import ByteColumn

_FOLDERS_NAME = (
    r"(?s)^(?:.*/)?([^/]+/(?:__init__|__main__|index|main|mod|lib|package-info)\.[^/.]+)$"
)
"""Base names that say nothing without the folder's."""

Uniform = NDArray[np.float64]
"""Numbers of records, at least 0 and below 1."""


def limit_of(rate: float) -> float:
    """The limit at which records are drawn with probability `rate`."""
    return 1.0 - sqrt(1.0 - rate)


@dataclass(frozen=True)
class Draw:
    """A sample of the records that parts hold; crosses processes.

    Attributes:
        seed: another one draws another sample.
        limit: records with a number below it are drawn.
        begin: parts before this one hold only records that were drawn before, by `numbers_of`.
    """

    seed: int
    limit: float
    begin: int

    def some(self, batches: Iterable[pa.RecordBatch], part: int) -> Iterator[pa.RecordBatch]:
        """What is drawn of the batches of a part."""
        return (self.take(batch, part) for batch in batches)

    def take(self, records: pa.RecordBatch, part: int) -> pa.RecordBatch:
        """The drawn records of a batch (RECORDS, read) of a part; rows keep their numbers."""
        if part < self.begin:
            return records
        content = records["content"]
        sizes = ByteColumn.from_arrow(content).sizes
        read = content.is_valid().to_numpy(zero_copy_only=False)
        numbers = numbers_of(
            records["repository"],
            records["path"],
            sizes=np.where(read, sizes, -1),
            rows=records["row"].to_numpy() + (part << 40),
            seed=self.seed,
        )
        return records.filter(pa.array((numbers < self.limit).any(axis=0)))


def numbers_of(
    repositories: pa.Array,
    paths: pa.Array,
    *,
    sizes: NDArray[np.int64],
    rows: NDArray[np.int64],
    seed: int,
) -> Uniform:
    """float64[2, n], the numbers of records by name and by size.

    Args:
        repositories: string[n].
        paths: string[n].
        sizes: bytes; -1 where the record was not read.
        rows: a number that no other record without a path has.
        seed: another one gives other numbers.
    """
    longer = pc.replace_substring_regex(paths, _FOLDERS_NAME, r"\1")
    bases = pc.replace_substring_regex(paths, r"(?s)^.*/", "")
    names = pc.if_else(pc.match_substring_regex(paths, _FOLDERS_NAME), longer, bases)
    by_name = _of_names(names, seed)
    nameless = np.flatnonzero(paths.is_null().to_numpy(zero_copy_only=False))
    by_name[nameless] = _of_words(rows[nameless], seed + 1)
    by_size = _of_words(sizes, seed + 2)
    unread = np.flatnonzero(sizes < 0)
    if len(unread):
        at = pa.array(unread)
        joined = pc.binary_join_element_wise(
            pc.fill_null(repositories.take(at), ""), pc.fill_null(paths.take(at), ""), "\0"
        )
        by_size[unread] = _of_names(joined, seed + 3)
    return np.stack([by_name, by_size])


def of_name(name: str, seed: int) -> float:
    """The number of one name."""
    digest = hashlib.blake2b(name.encode(), digest_size=8, key=b"%d" % seed).digest()
    return float(int.from_bytes(digest, "little") >> 11) / 2.0**53


def _of_names(names: pa.Array, seed: int) -> Uniform:
    encoded = names.dictionary_encode()
    numbers = [
        0.0 if name is None else of_name(name, seed) for name in encoded.dictionary.to_pylist()
    ]
    found: Uniform = np.append(numbers, 0.0)[encoded.indices.fill_null(-1).to_numpy()]
    return found


def _of_words(words: NDArray[np.int64], seed: int) -> Uniform:
    """By the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    mixed = words.astype(np.uint64) + np.uint64((0x9E3779B97F4A7C15 * (seed + 1)) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
