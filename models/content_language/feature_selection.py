"""Select the features that a model knows: one per slot, among those of several packages.

A feature of a single package identifies the package, not the language. Among the features of at
least `MIN_PACKAGES` packages, each slot has the one with the highest mutual information with the
language; the slot's other features are unknown to the model.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.linear import find_slots
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

MIN_PACKAGES = 6
"""Least number of packages that must contain a feature."""
BUCKET_BITS = 25
"""Features are counted in 2**25 buckets; those in one bucket are counted together."""
_BATCH = 256

FeatureExtractor = Callable[[ByteColumn], tuple[NDArray[np.int64], NDArray[np.uint64]]]
"""Returns the offsets of each text's features, int64[n + 1], and the features."""


class Sample(NamedTuple):
    """Texts to train on.

    Attributes:
        texts: the texts.
        package: str[n].
        classes: int32[n].
        sample_weight: float32[n], the weight in the loss.
    """

    texts: ByteColumn
    package: NDArray[np.object_]
    classes: NDArray[np.int32]
    sample_weight: NDArray[np.float32]


def select_features(
    extract: FeatureExtractor, sample: Sample, shares: NDArray[np.float32], slot_count: int
) -> NDArray[np.uint16]:
    """The tag of the feature of each slot, uint16[slot_count]; 0 if the slot is empty.

    Args:
        extract: the features of the model.
        sample: the texts to train on.
        shares: float32[classes], the assumed share of each class among all files; sums to 1.
        slot_count: number of slots, a power of two.
    """
    counts = _packages_of(extract, sample)
    known = np.flatnonzero(counts >= MIN_PACKAGES)
    number = np.full(1 << BUCKET_BITS, -1, np.int32)
    number[known] = np.arange(len(known))
    sums = np.zeros((len(known), len(shares)), np.float32)
    full = np.zeros(len(known), np.uint64)
    last = np.full(len(known), -1, np.int32)
    for rows, offsets, features in feature_batches(extract, sample.texts):
        classes, sample_weight = sample.classes[rows], sample.sample_weight[rows]
        _count_classes(offsets, features, rows, classes, sample_weight, number, sums, full, last)
    totals = np.bincount(sample.classes, sample.sample_weight, len(shares)).astype(np.float32)
    rising = np.argsort(mutual_information(sums, totals, shares), kind="stable")
    slots = (full[rising] >> np.uint64(64 - (slot_count.bit_length() - 1))).astype(np.int64)
    tags = np.zeros(slot_count, np.uint16)
    tags[slots] = full[rising] & np.uint64(0xFFFF)  # the last one, with the most information, wins
    return tags


def find_known_slots(
    extract: FeatureExtractor, texts: ByteColumn, tags: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The offsets of each text's slots, int64[n + 1], and the slots, int32, each once per text."""
    sizes, found = [np.zeros(1, np.int64)], []
    for _, offsets, features in feature_batches(extract, texts):
        counts = np.empty(len(offsets) - 1, np.int64)
        slots = np.empty(len(features), np.int32)
        total = _find(offsets, features, tags, len(tags).bit_length() - 1, counts, slots)
        sizes.append(counts)
        found.append(slots[:total].copy())
    return np.cumsum(np.concatenate(sizes)), np.concatenate(found)


def feature_batches(
    extract: FeatureExtractor, texts: ByteColumn
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]]:
    """Batches of rows, in order, with the offsets and features of their texts."""
    for low in range(0, len(texts), _BATCH):
        rows = np.arange(low, min(low + _BATCH, len(texts)))
        yield rows, *extract(texts.select(rows))


def mutual_information(
    sums: NDArray[np.float32], totals: NDArray[np.float32], shares: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The mutual information of having the feature with the class, in bits: float32[features].

    Args:
        sums: float32[features, classes], the weight of the files with the feature, by class.
        totals: float32[classes], the weight of all files, by class.
        shares: float32[classes], the assumed share of each class among all files; sums to 1.
    """
    found = np.zeros(len(sums), np.float32)
    for low in range(0, len(sums), 1 << 17):
        has = (sums[low : low + (1 << 17)] + 0.01) / (totals + 0.02)
        lacks = np.maximum(1 - has, 1e-9)
        for likely in (has, lacks):
            gain = likely * np.log2(likely / (likely @ shares)[:, None])
            found[low : low + (1 << 17)] += gain @ shares
    return found


def _packages_of(extract: FeatureExtractor, sample: Sample) -> NDArray[np.uint16]:
    """The number of packages with a feature in each bucket, uint16[2**BUCKET_BITS]."""
    counts = np.zeros(1 << BUCKET_BITS, np.uint16)
    last = np.full(1 << BUCKET_BITS, -1, np.int32)
    packages = np.unique(sample.package, return_inverse=True)[1].astype(np.int32)
    order = np.argsort(packages, kind="stable")
    for rows, offsets, features in feature_batches(extract, sample.texts.select(order)):
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
    """Write the number of known features of each text, and their slots; returns their total."""
    seen = np.zeros(len(tags), np.int64)
    at = 0
    for i in range(len(sizes)):
        found = features[offsets[i] : offsets[i + 1]]
        sizes[i] = find_slots(found, tags, slot_bits, seen, i + 1, slots[at:])
        at += sizes[i]
    return at
