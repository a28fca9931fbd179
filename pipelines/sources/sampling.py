"""Draws samples of records by hashes of names and sizes, which keep duplicates together.

Each record has two numbers in [0, 1): a hash of its base name (`six.py`), and a hash of its size in
bytes. It is drawn if either is below a limit a. The two are independent, so each record is drawn
with probability 1 - (1 - a)^2, the sampling rate, and likely duplicates are drawn together:

- exact copies have the same size, so a draw by size takes all of them;
- edited copies mostly keep their base name, so a draw by name takes most of them.

Hashes of whole paths would draw each file independently, and both files of a duplicate pair only
with the square of the rate: one pair in 100 at a rate of 10 %. Samples are nested: the sample of a
lower limit is a subset of that of a higher one.

A base name such as `__init__.py` or `index.js` is hashed with its folder's name, because so many
unrelated files have it that the sample would depend on that one hash. A record without a path has a
number of its own instead of a base name's hash; one that was not read has a hash of its name
instead of its size's.
"""

import hashlib
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
"""Base names that are hashed with the name of their folder."""

Uniform = NDArray[np.float64]
"""Numbers of records, at least 0 and below 1."""


def draw_limit(rate: float) -> float:
    """The limit at which a record is drawn with probability `rate`."""
    return 1.0 - sqrt(1.0 - rate)


@dataclass(frozen=True)
class Sampler:
    """Draws a sample of the records of parts; can be pickled.

    Attributes:
        seed: each seed draws another sample.
        limit: records with a number below it are drawn.
        begin: the first part to draw from; parts before it hold only records that were drawn while
            the inputs were listed, so all of theirs are kept.
    """

    seed: int
    limit: float
    begin: int

    def sample(self, records: pa.RecordBatch, part: int) -> pa.RecordBatch:
        """The drawn records of a batch of RECORDS that was read; rows keep their numbers."""
        if part < self.begin:
            return records
        content = records["content"]
        sizes = ByteColumn.from_arrow(content).sizes
        read = content.is_valid().to_numpy(zero_copy_only=False)
        numbers = draw_numbers(
            records["repository"],
            records["path"],
            sizes=np.where(read, sizes, -1),
            rows=records["row"].to_numpy() + (part << 40),
            seed=self.seed,
        )
        return records.filter(pa.array((numbers < self.limit).any(axis=0)))


def draw_numbers(
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
        sizes: int64[n], in bytes; -1 where the record was not read.
        rows: int64[n]; unique among the records without a path.
        seed: each seed gives other numbers.
    """
    longer = pc.replace_substring_regex(paths, _FOLDERS_NAME, r"\1")
    bases = pc.replace_substring_regex(paths, r"(?s)^.*/", "")
    names = pc.if_else(pc.match_substring_regex(paths, _FOLDERS_NAME), longer, bases)
    by_name = _numbers_of_names(names, seed)
    nameless = np.flatnonzero(paths.is_null().to_numpy(zero_copy_only=False))
    by_name[nameless] = _numbers_of_integers(rows[nameless], seed + 1)
    by_size = _numbers_of_integers(sizes, seed + 2)
    unread = np.flatnonzero(sizes < 0)
    if len(unread):
        at = pa.array(unread)
        joined = pc.binary_join_element_wise(
            pc.fill_null(repositories.take(at), ""), pc.fill_null(paths.take(at), ""), "\0"
        )
        by_size[unread] = _numbers_of_names(joined, seed + 3)
    return np.stack([by_name, by_size])


def draw_number(name: str, seed: int) -> float:
    """The number of a name: 53 bits of its BLAKE2b hash."""
    digest = hashlib.blake2b(name.encode(), digest_size=8, key=b"%d" % seed).digest()
    return float(int.from_bytes(digest, "little") >> 11) / 2.0**53


def _numbers_of_names(names: pa.Array, seed: int) -> Uniform:
    encoded = names.dictionary_encode()
    numbers = [
        0.0 if name is None else draw_number(name, seed) for name in encoded.dictionary.to_pylist()
    ]
    found: Uniform = np.append(numbers, 0.0)[encoded.indices.fill_null(-1).to_numpy()]
    return found


def _numbers_of_integers(words: NDArray[np.int64], seed: int) -> Uniform:
    """float64[n] by `shingles.mix64`; written for numpy, so that nothing is compiled here."""
    mixed = words.astype(np.uint64) + np.uint64((0x9E3779B97F4A7C15 * (seed + 1)) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
