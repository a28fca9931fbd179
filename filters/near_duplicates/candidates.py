"""Candidate pairs: files with the same key in a band.

Files are numbered by rank (0 is the best), so the lower number of a pair is the better file, and
the pairs do not depend on the order or partitioning of the input. A pair is one uint64,
`better << 32 | worse`: sorting the words sorts the pairs.

In a bucket of up to `bound` files all pairs are candidates. In a larger one, each file is paired
with the bucket's `best` best files only, so the work is linear in the bucket's size; this band may
miss pairs of two files outside the best, and `capped` counts such buckets. In buckets of more than
`MAX_PAIRS / best` files, fewer of the best are compared, but at least `MIN_COMPARED`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.near_duplicates.radix_sort import sort_by_key
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.foundation.errors import UsageError

BOUND = 512
"""Largest bucket in which all pairs are candidates."""

BEST = 128
"""In a larger bucket, the number of best files that the others are compared with."""

MIN_COMPARED = 16
"""Lower limit of that number, however large the bucket."""

MAX_PAIRS = 1 << 24
"""About the most pairs that one bucket proposes in a band: 128 MB."""

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_NO_BUCKET = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Candidates:
    """Pairs to verify.

    Attributes:
        pairs: uint64, `better << 32 | worse`, ascending, without repeats.
        capped: number of buckets larger than the bound.
    """

    pairs: NDArray[np.uint64]
    capped: int

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True)
class Buckets:
    """Files with equal keys, two or more per bucket.

    Attributes:
        members: uint32, the file numbers of all buckets, concatenated, ascending in each bucket.
        offsets: int64[buckets + 1], where each bucket begins and ends in `members`.
        files: number of files, in buckets or not.
        bound: largest bucket in which all pairs are candidates.
        best: in a larger bucket, the number of best files that the others are compared with.
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
    def pair_count(self) -> int:
        """Number of pairs that the buckets propose."""
        return _count_pairs(self.offsets, self.bound, self.best)

    @property
    def capped(self) -> int:
        """Number of buckets larger than the bound."""
        return int(np.count_nonzero(np.diff(self.offsets) > self.bound))

    def blocks(self, size: int = 1 << 22) -> Iterator[NDArray[np.uint64]]:
        """All pairs, ascending within and across blocks.

        Args:
            size: most pairs in a block, at least 1.
        """
        place, bucket_of = _find_members(self.members, self.offsets, self.files)
        limits = (self.bound, self.best)
        left, at = self.pair_count, (0, 0)
        while left > 0:
            found = np.empty(min(left, max(size, 1)), np.uint64)
            at = _write_pairs(self.members, self.offsets, place, bucket_of, limits, at, found)
            yield found
            left -= len(found)


def candidate_pairs(
    keys: NDArray[np.uint64], *, bound: int = BOUND, best: int = BEST
) -> Candidates:
    """All candidate pairs of one band, or of a range of its keys.

    Args:
        keys: uint64[n], the key of each file, in order of rank; n < 2**32.
        bound: see `Buckets`.
        best: see `Buckets`.
    """
    buckets = find_buckets(keys, bound=bound, best=best)
    found = [np.empty(0, np.uint64), *buckets.blocks()]
    return Candidates(np.concatenate(found), buckets.capped)


def pack_pairs(better: NDArray[np.uint32], worse: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Pairs as uint64, `better << 32 | worse`."""
    return better.astype(np.uint64) << _HALF | worse.astype(np.uint64)


def unpack_pairs(packed: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The better and the worse file of each pair, int64."""
    return (packed >> _HALF).astype(np.int64), (packed & _LOW).astype(np.int64)


def find_buckets(keys: NDArray[np.uint64], *, bound: int = BOUND, best: int = BEST) -> Buckets:
    """Group files with equal keys.

    Args:
        keys: uint64[n], the key of each file, in order of rank; n < 2**32.
        bound: see `Buckets`.
        best: see `Buckets`.
    """
    words, order = keys.copy(), np.arange(len(keys), dtype=np.uint32)
    sort_by_key(words, order)
    return Buckets(*_find_buckets(words, order), len(keys), bound, best)


@kernel
def _find_buckets(
    words: NDArray[np.uint64], order: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Find runs of two or more equal words: members and offsets. `words` is sorted."""
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
    """Number of best files of a bucket that the others are compared with."""
    if size <= bound:
        return size
    return min(size, best, max(MAX_PAIRS // size, MIN_COMPARED))


@kernel
def _count_pairs(offsets: NDArray[np.int64], bound: int, best: int) -> int:
    total = 0
    for bucket in range(len(offsets) - 1):
        size = offsets[bucket + 1] - offsets[bucket]
        compared = _compared(size, bound, best)
        total += compared * (compared - 1) // 2 + (size - compared) * compared
    return total


@kernel
def _find_members(
    members: NDArray[np.uint32], offsets: NDArray[np.int64], files: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The index of each file in `members`, or `_NO_BUCKET`; and the bucket of each member."""
    place = np.full(files, _NO_BUCKET, np.uint32)
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
    """Fill `out`, starting after `at`: (better file, how many of its pairs are already written).

    Returns the position to continue from.
    """
    file, written = at
    count = 0
    while file < len(place):
        if place[file] != _NO_BUCKET:
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
