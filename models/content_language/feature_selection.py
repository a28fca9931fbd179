"""Which features a model knows: one for each slot, of those that several packages have.

A feature that one package alone has says which package it is, not which language. Of those of at
least `FEWEST` packages, each slot holds the one that tells most about the language (its mutual
information with it); the others of the slot are unknown.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.linear import find_slots
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

FEWEST = 6
"""Packages that must have a feature."""
BUCKET_BITS = 25
"""Hashes are counted in 2**25 buckets; what shares one is counted together."""
_AT_ONCE = 256

Look = Callable[[ByteColumn], tuple[NDArray[np.int64], NDArray[np.uint64]]]
"""Where each text's features begin, int64[n + 1], and the features: what a model sees of texts."""


class Sample(NamedTuple):
    """Texts to learn from.

    Attributes:
        texts: the texts.
        package: str[n], each one's package.
        classes: int32[n], each one's class.
        importance: float32[n], what each counts.
    """

    texts: ByteColumn
    package: NDArray[np.object_]
    classes: NDArray[np.int32]
    importance: NDArray[np.float32]


def choose(
    look: Look, sample: Sample, shares: NDArray[np.float32], slot_count: int
) -> NDArray[np.uint16]:
    """uint16[slot_count], the tag of each slot's feature; 0 where it has none.

    Args:
        look: what the model sees.
        sample: the texts to learn from.
        shares: float32[classes], what share of all files each class is taken to have; sums to 1.
        slot_count: how many slots, a power of two.
    """
    counts = _packages_of(look, sample)
    known = np.flatnonzero(counts >= FEWEST)
    number = np.full(1 << BUCKET_BITS, -1, np.int32)
    number[known] = np.arange(len(known))
    sums = np.zeros((len(known), len(shares)), np.float32)
    full = np.zeros(len(known), np.uint64)
    last = np.full(len(known), -1, np.int32)
    for rows, offsets, features in chunks(look, sample.texts):
        classes, importance = sample.classes[rows], sample.importance[rows]
        _count_classes(offsets, features, rows, classes, importance, number, sums, full, last)
    totals = np.bincount(sample.classes, sample.importance, len(shares)).astype(np.float32)
    rising = np.argsort(information(sums, totals, shares), kind="stable")
    slots = (full[rising] >> np.uint64(64 - (slot_count.bit_length() - 1))).astype(np.int64)
    tags = np.zeros(slot_count, np.uint16)
    tags[slots] = full[rising] & np.uint64(0xFFFF)  # the last of a slot, which tells most, stays
    return tags


def known_slots(
    look: Look, texts: ByteColumn, tags: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """int64[n + 1], where each text's slots begin; int32, the slots, each once a text."""
    sizes, found = [np.zeros(1, np.int64)], []
    for _, offsets, features in chunks(look, texts):
        some = np.empty(len(offsets) - 1, np.int64)
        slots = np.empty(len(features), np.int32)
        total = _find(offsets, features, tags, len(tags).bit_length() - 1, some, slots)
        sizes.append(some)
        found.append(slots[:total].copy())
    return np.cumsum(np.concatenate(sizes)), np.concatenate(found)


def chunks(
    look: Look, texts: ByteColumn
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]]:
    """Some texts' numbers, with `look` at them, in order, until all have been looked at."""
    for low in range(0, len(texts), _AT_ONCE):
        rows = np.arange(low, min(low + _AT_ONCE, len(texts)))
        yield rows, *look(texts.select(rows))


def information(
    sums: NDArray[np.float32], totals: NDArray[np.float32], shares: NDArray[np.float32]
) -> NDArray[np.float32]:
    """float32[features]: mutual information of having the feature with the class, in bits.

    Args:
        sums: float32[features, classes], how much of each class has each feature.
        totals: float32[classes], how much there is of each class.
        shares: float32[classes], what share of all files each is taken to have; sums to 1.
    """
    found = np.zeros(len(sums), np.float32)
    for low in range(0, len(sums), 1 << 17):
        has = (sums[low : low + (1 << 17)] + 0.01) / (totals + 0.02)
        lacks = np.maximum(1 - has, 1e-9)
        for likely in (has, lacks):
            gain = likely * np.log2(likely / (likely @ shares)[:, None])
            found[low : low + (1 << 17)] += gain @ shares
    return found


def _packages_of(look: Look, sample: Sample) -> NDArray[np.uint16]:
    """uint16[2**BUCKET_BITS]: how many packages have a feature."""
    counts = np.zeros(1 << BUCKET_BITS, np.uint16)
    last = np.full(1 << BUCKET_BITS, -1, np.int32)
    packages = np.unique(sample.package, return_inverse=True)[1].astype(np.int32)
    order = np.argsort(packages, kind="stable")
    for rows, offsets, features in chunks(look, sample.texts.select(order)):
        _count_packages(offsets, features, packages[order[rows]], counts, last)
    return counts


@kernel
def _count_packages(
    offsets: NDArray[np.int64],
    features: NDArray[np.uint64],
    packages: NDArray[np.int32],
    counts: NDArray[np.uint16],
    last: NDArray[np.int32],
) -> None:
    for i in range(len(packages)):
        for feature in features[offsets[i] : offsets[i + 1]]:
            bucket = np.int64(feature >> np.uint64(64 - BUCKET_BITS))
            if last[bucket] != packages[i]:
                last[bucket] = packages[i]
                counts[bucket] += 1


@kernel
def _count_classes(
    offsets: NDArray[np.int64],
    features: NDArray[np.uint64],
    rows: NDArray[np.int64],
    classes: NDArray[np.int32],
    weights: NDArray[np.float32],
    known: NDArray[np.int32],
    sums: NDArray[np.float32],
    full: NDArray[np.uint64],
    last: NDArray[np.int32],
) -> None:
    for i in range(len(rows)):
        for feature in features[offsets[i] : offsets[i + 1]]:
            number = known[np.int64(feature >> np.uint64(64 - BUCKET_BITS))]
            if number >= 0 and last[number] != rows[i]:
                last[number] = rows[i]
                full[number] = feature
                sums[number, classes[i]] += weights[i]


@kernel
def _find(
    offsets: NDArray[np.int64],
    features: NDArray[np.uint64],
    tags: NDArray[np.uint16],
    slot_bits: int,
    sizes: NDArray[np.int64],
    slots: NDArray[np.int32],
) -> int:
    """How many known features each text has, and their slots behind each other; how many in all."""
    seen = np.zeros(len(tags), np.int64)
    at = 0
    for i in range(len(sizes)):
        found = features[offsets[i] : offsets[i + 1]]
        sizes[i] = find_slots(found, tags, slot_bits, seen, i + 1, slots[at:])
        at += sizes[i]
    return at
