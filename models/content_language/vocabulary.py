"""Which features the model knows: one for each slot, of those that several packages have.

A feature that one package alone has says which package it is, not which language. Of those of at
least `FEWEST` packages, each slot holds the one that tells most about the language (its mutual
information with it, each language counting alike); the others of the slot are unknown.
"""

import numpy as np
from numpy.typing import NDArray

from filters.languages.classifier.features import KINDS, MOST, hashes
from filters.languages.table import LANGUAGES
from foundation.columns import ByteColumn
from foundation.compiling import kernel
from models.content_language.files import Files

FEWEST = 6
"""Packages that must have a feature."""
BUCKET_BITS = 25
"""Hashes are counted in 2**25 buckets; what shares one is counted together."""


def choose(
    training: Files,
    classes: NDArray[np.int32],
    importance: NDArray[np.float32],
    class_count: int,
    slot_count: int,
) -> NDArray[np.uint16]:
    """uint16[slot_count], the tag of each slot's feature; 0 where it has none.

    Args:
        training: the files.
        classes: int32[files], each file's class.
        importance: float32[files], what each file counts.
        class_count: how many classes there are; the first are the 23 languages.
        slot_count: how many slots, a power of two.
    """
    texts = training.bytes()
    counts = _packages_of(texts, training.package)
    known = np.flatnonzero(counts >= FEWEST)
    number = np.full(1 << BUCKET_BITS, -1, np.int32)
    number[known] = np.arange(len(known))
    sums = np.zeros((len(known), class_count), np.float32)
    full = np.zeros(len(known), np.uint64)
    last = np.full(len(known), -1, np.int32)
    columns = (texts.data, texts.starts, texts.ends)
    _count_classes(*columns, classes, importance, number, KINDS, sums, full, last)
    # of the share of all files, each of the 23 languages is taken to have twice a kind of others
    shares = np.where(np.arange(class_count) < len(LANGUAGES), 2, 1).astype(np.float32)
    totals = np.bincount(classes, importance, class_count).astype(np.float32)
    rising = np.argsort(information(sums, totals, shares / shares.sum()), kind="stable")
    slots = (full[rising] >> np.uint64(64 - (slot_count.bit_length() - 1))).astype(np.int64)
    tags = np.zeros(slot_count, np.uint16)
    tags[slots] = full[rising] & np.uint64(0xFFFF)  # the last of a slot, which tells most, stays
    return tags


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


def _packages_of(texts: ByteColumn, package: NDArray[np.object_]) -> NDArray[np.uint16]:
    """uint16[2**BUCKET_BITS]: how many packages have a feature."""
    counts = np.zeros(1 << BUCKET_BITS, np.uint16)
    last = np.full(1 << BUCKET_BITS, -1, np.int32)
    packages = np.unique(package, return_inverse=True)[1].astype(np.int32)
    order = np.argsort(packages, kind="stable")
    together = texts.select(order)
    columns = (together.data, together.starts, together.ends)
    _count_packages(*columns, packages[order], KINDS, counts, last)
    return counts


@kernel
def _count_packages(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    packages: NDArray[np.int32],
    kinds: NDArray[np.uint8],
    counts: NDArray[np.uint16],
    last: NDArray[np.int32],
) -> None:
    found = np.empty(MOST, np.uint64)
    for i in range(len(starts)):
        for j in range(hashes(data, starts[i], ends[i], kinds, found)):
            bucket = np.int64(found[j] >> np.uint64(64 - BUCKET_BITS))
            if last[bucket] != packages[i]:
                last[bucket] = packages[i]
                counts[bucket] += 1


@kernel
def _count_classes(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    classes: NDArray[np.int32],
    weights: NDArray[np.float32],
    known: NDArray[np.int32],
    kinds: NDArray[np.uint8],
    sums: NDArray[np.float32],
    full: NDArray[np.uint64],
    last: NDArray[np.int32],
) -> None:
    found = np.empty(MOST, np.uint64)
    for i in range(len(starts)):
        for j in range(hashes(data, starts[i], ends[i], kinds, found)):
            feature = known[np.int64(found[j] >> np.uint64(64 - BUCKET_BITS))]
            if feature >= 0 and last[feature] != i:
                last[feature] = i
                full[feature] = found[j]
                sums[feature, classes[i]] += weights[i]
