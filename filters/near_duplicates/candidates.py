"""Candidate pairs: files whose keys of one band are equal.

Files are numbered by rank before (0 is the best), so a file's number says which of two is better,
and the pairs do not depend on how files were ordered or cut before they were numbered. A pair is
one uint64, `better << 32 | worse`: sorting the words sorts the pairs.

In a bucket of up to `bound` files all pairs are candidates. Past it each file is paired with the
bucket's `best` best files only, so the work grows with the bucket and not with its square; pairs of
two files that are both not among them may be missed by this band, and `capped` counts such buckets.
Past `MOST_PAIRS / best` members, fewer of the best are taken, though at least `FEWEST`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.radix_sort import sort_along
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.foundation.errors import UsageError

BOUND = 512
"""Members up to which a bucket compares all with all."""

BEST = 128
"""Members of a larger bucket that the others are compared with."""

FEWEST = 16
"""Members that the others are compared with, however large the bucket."""

MOST_PAIRS = 1 << 24
"""About as many pairs as one bucket may propose: 128 MB, in each band in which files agree."""

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_ALONE = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Candidates:
    """Pairs to verify.

    Attributes:
        pairs: uint64, `better << 32 | worse`, ascending, none twice.
        capped: buckets past the bound.
    """

    pairs: NDArray[np.uint64]
    capped: int

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True)
class Buckets:
    """Files with equal keys, where there are at least two of them.

    Attributes:
        members: uint32, file numbers, bucket behind bucket, ascending in each.
        offsets: int64[buckets + 1], where each begins and ends.
        files: how many files there are, in buckets or not.
        bound: members up to which a bucket compares all with all.
        best: members of a larger bucket that the others are compared with.
    """

    members: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    files: int
    bound: int = BOUND
    best: int = BEST

    def __post_init__(self) -> None:
        if self.bound < 1 or self.best < 1:
            raise UsageError(
                f"bound is {self.bound} and best {self.best}; expected both to be at least 1"
            )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def pairs(self) -> int:
        """How many pairs the buckets propose."""
        return _count_pairs(self.offsets, self.bound, self.best)

    @property
    def capped(self) -> int:
        """How many buckets are past the bound."""
        return int(np.count_nonzero(np.diff(self.offsets) > self.bound))

    def blocks(self, size: int = 1 << 22) -> Iterator[NDArray[np.uint64]]:
        """All pairs, ascending from block to block, in blocks of at most `size` pairs.

        Args:
            size: pairs in a block, at least 1.
        """
        place, bucket_of = _find_places(self.members, self.offsets, self.files)
        limits = (self.bound, self.best)
        left, at = self.pairs, (0, 0)
        while left > 0:
            found = np.empty(min(left, max(size, 1)), np.uint64)
            at = _write_pairs(self.members, self.offsets, place, bucket_of, limits, at, found)
            yield found
            left -= len(found)


def pairs(keys: NDArray[np.uint64], *, bound: int = BOUND, best: int = BEST) -> Candidates:
    """All candidate pairs of one band, or of a range of its keys.

    Args:
        keys: uint64[n], a key for each file, at the position that is its rank; n < 2**32.
        bound: members up to which a bucket compares all with all.
        best: members of a larger bucket that the others are compared with.
    """
    buckets = group(keys, bound=bound, best=best)
    found = [np.empty(0, np.uint64), *buckets.blocks()]
    return Candidates(np.concatenate(found), buckets.capped)


def pack(better: NDArray[np.uint32], worse: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Pairs as words, `better << 32 | worse`."""
    return better.astype(np.uint64) << _HALF | worse.astype(np.uint64)


def unpack(packed: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The better and the worse file's number of each pair, int64."""
    return (packed >> _HALF).astype(np.int64), (packed & _LOW).astype(np.int64)


def group(keys: NDArray[np.uint64], *, bound: int = BOUND, best: int = BEST) -> Buckets:
    """Bring files with equal keys together.

    Args:
        keys: uint64[n], at the positions that are the files' numbers.
        bound: as of `Buckets`.
        best: as of `Buckets`.
    """
    words, order = keys.copy(), np.arange(len(keys), dtype=np.uint32)
    sort_along(words, order)
    return Buckets(*_find_buckets(words, order), len(keys), bound, best)


@kernel
def _find_buckets(
    words: NDArray[np.uint64], order: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Runs of at least two equal words."""
    members, buckets = 0, 0
    for sweep in range(2):
        if sweep == 1:
            found = np.empty(members, np.uint32)
            offsets = np.zeros(buckets + 1, np.int64)
            members, buckets = 0, 0
        first = 0
        for index in range(1, len(words) + 1):
            if index < len(words) and words[index] == words[first]:
                continue
            if index - first > 1:
                if sweep == 1:
                    found[members : members + index - first] = order[first:index]
                    offsets[buckets + 1] = members + index - first
                members += index - first
                buckets += 1
            first = index
    return found, offsets


@inlined
def _compared(size: int, bound: int, best: int) -> int:
    """How many members of a bucket the others are compared with."""
    if size <= bound:
        return size
    return min(size, best, max(MOST_PAIRS // size, FEWEST))


@kernel
def _count_pairs(offsets: NDArray[np.int64], bound: int, best: int) -> int:
    total = 0
    for bucket in range(len(offsets) - 1):
        size = offsets[bucket + 1] - offsets[bucket]
        compared = _compared(size, bound, best)
        total += compared * (compared - 1) // 2 + (size - compared) * compared
    return total


@kernel
def _find_places(
    members: NDArray[np.uint32], offsets: NDArray[np.int64], files: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Where each file stands in `members`, `_ALONE` if nowhere; and each member's bucket."""
    place = np.full(files, _ALONE, np.uint32)
    bucket_of = np.empty(len(members), np.uint32)
    for bucket in range(len(offsets) - 1):
        for index in range(offsets[bucket], offsets[bucket + 1]):
            place[members[index]] = index
            bucket_of[index] = bucket
    return place, bucket_of


@kernel
def _write_pairs(
    members: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    place: NDArray[np.uint32],
    bucket_of: NDArray[np.uint32],
    limits: tuple[int, int],
    at: tuple[int, int],
    out: NDArray[np.uint64],
) -> tuple[int, int]:
    """Fill `out` with pairs from `at` on: better file, how many of its pairs are written."""
    file, written = at
    count = 0
    while file < len(place):
        if place[file] != _ALONE:
            own = np.int64(place[file])
            bucket = bucket_of[own]
            begin, end = offsets[bucket], offsets[bucket + 1]
            if own - begin < _compared(end - begin, limits[0], limits[1]):
                high = np.uint64(file) << _HALF
                for index in range(own + 1 + written, end):
                    if count == len(out):
                        return file, written
                    out[count] = high | np.uint64(members[index])
                    count += 1
                    written += 1
        written = 0
        file += 1
    return file, written
