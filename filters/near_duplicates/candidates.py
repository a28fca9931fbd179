"""Candidate pairs: files whose keys of one band are equal.

Files are numbered by rank before (0 is the best), so a file's number says which of two is better,
and the pairs do not depend on how files were ordered or cut before they were numbered. A pair is
one uint64, `better << 32 | worse`: sorting the words sorts the pairs.

In a bucket of up to `bound` files all pairs are candidates. Past it each file is paired with the
bucket's `best` best files only, so the work grows with the bucket and not with its square; pairs of
two files that are both not among them may be missed by this band, and `capped` counts such buckets.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foundation.compiling import kernel
from foundation.errors import UsageError

BOUND = 512
"""Members up to which a bucket compares all with all."""

BEST = 128
"""Members of a larger bucket that the others are compared with."""

_DIGIT = 11
"""Bits that one pass of the sort orders by: its counters fill half of the first-level cache."""

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


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
    """

    members: NDArray[np.uint32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1


def pairs(keys: NDArray[np.uint64], *, bound: int = BOUND, best: int = BEST) -> Candidates:
    """All candidate pairs of one band, or of a range of its keys.

    Args:
        keys: uint64[n], a key for each file, at the position that is its rank; n < 2**32.
        bound: members up to which a bucket compares all with all.
        best: members of a larger bucket that the others are compared with.
    """
    buckets = group(keys)
    total = _count_pairs(buckets.offsets, *_checked(bound, best))
    found = np.empty(total, np.uint64)
    _write_pairs(buckets.members, buckets.offsets, bound, best, (0, 1, 0), found)
    found.sort()
    return Candidates(found, _count_capped(buckets, bound))


def blocks(
    keys: NDArray[np.uint64], *, bound: int = BOUND, best: int = BEST, size: int = 1 << 22
) -> Iterator[Candidates]:
    """What `pairs` returns, in blocks of at most `size` pairs: memory stays bounded.

    Each block is sorted; no pair is in two blocks; the first block counts all capped buckets.

    Args:
        keys: as of `pairs`.
        bound: as of `pairs`.
        best: as of `pairs`.
        size: pairs in a block, at least 1.
    """
    buckets = group(keys)
    left = _count_pairs(buckets.offsets, *_checked(bound, best))
    capped = _count_capped(buckets, bound)
    at = (0, 1, 0)
    while left > 0:
        found = np.empty(min(left, max(size, 1)), np.uint64)
        at = _write_pairs(buckets.members, buckets.offsets, bound, best, at, found)
        found.sort()
        yield Candidates(found, capped)
        left -= len(found)
        capped = 0


def unpack(packed: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The better and the worse file's number of each pair, int64."""
    return (packed >> _HALF).astype(np.int64), (packed & _LOW).astype(np.int64)


def group(keys: NDArray[np.uint64]) -> Buckets:
    """Bring files with equal keys together.

    Args:
        keys: uint64[n], at the positions that are the files' numbers.
    """
    words, order = keys.copy(), np.arange(len(keys), dtype=np.uint32)
    _sort(words, order)
    members, offsets = _find_buckets(words, order)
    return Buckets(members, offsets)


def _checked(bound: int, best: int) -> tuple[int, int]:
    if bound < 1 or best < 1:
        raise UsageError(f"bound is {bound} and best {best}; expected both to be at least 1")
    return bound, best


def _count_capped(buckets: Buckets, bound: int) -> int:
    return int(np.count_nonzero(np.diff(buckets.offsets) > bound))


@kernel
def _sort(words: NDArray[np.uint64], order: NDArray[np.uint32]) -> None:
    """Sort `words` in place and take `order` along: by digits from the last, so it is stable.

    Digits in which all words agree are skipped.
    """
    count = len(words)
    digits = (64 + _DIGIT - 1) // _DIGIT
    counters = np.zeros((digits, 1 << _DIGIT), np.int64)
    low = np.uint64((1 << _DIGIT) - 1)
    for index in range(count):
        for digit in range(digits):
            counters[digit, np.int64((words[index] >> np.uint64(digit * _DIGIT)) & low)] += 1
    from_words, from_order = words, order
    to_words, to_order = np.empty_like(words), np.empty_like(order)
    for digit in range(digits):
        places = counters[digit]
        if places.max() == count:
            continue
        place = 0
        for value in range(len(places)):
            here = places[value]
            places[value] = place
            place += here
        shift = np.uint64(digit * _DIGIT)
        for index in range(count):
            word = from_words[index]
            digit_value = np.int64((word >> shift) & low)
            place = places[digit_value]
            places[digit_value] = place + 1
            to_words[place] = word
            to_order[place] = from_order[index]
        from_words, to_words = to_words, from_words
        from_order, to_order = to_order, from_order
    words[:] = from_words
    order[:] = from_order


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


@kernel
def _count_pairs(offsets: NDArray[np.int64], bound: int, best: int) -> int:
    total = 0
    for bucket in range(len(offsets) - 1):
        size = offsets[bucket + 1] - offsets[bucket]
        compared = min(size, best) if size > bound else size
        total += compared * (compared - 1) // 2 + (size - compared) * compared
    return total


@kernel
def _write_pairs(
    members: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    bound: int,
    best: int,
    at: tuple[int, int, int],
    out: NDArray[np.uint64],
) -> tuple[int, int, int]:
    """Fill `out` with pairs from `at` on: bucket, worse member, better member; where to go on."""
    bucket, worse, better = at
    place = 0
    while bucket < len(offsets) - 1:
        bucket_begin = offsets[bucket]
        size = offsets[bucket + 1] - bucket_begin
        while worse < size:
            compared = min(worse, best) if size > bound else worse
            low = np.uint64(members[bucket_begin + worse])
            while better < compared:
                if place == len(out):
                    return bucket, worse, better
                out[place] = (np.uint64(members[bucket_begin + better]) << _HALF) | low
                place += 1
                better += 1
            better = 0
            worse += 1
        worse = 1
        bucket += 1
    return bucket, worse, better
