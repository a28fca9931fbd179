"""The language of a text that has no path, by its content alone.

Linear models with integer weights over hashed n-grams of tokens (`features`, `linear`): each
feature that a text has, however often, adds its row of weights to the scores of the classes. The
best class is the answer if its margin is large enough: the best score less the best one of
another language, divided by the root of the number of features, is a log-odds once scaled by the
model's temperature (Guo and others, "On Calibration of Modern Neural Networks", ICML 2017), which
was fitted on files that the model was not trained on. What is taken as one of a group of languages
that share most of their words is looked at again by a model of that group (`close`). All sums are
of integers: every processor answers alike, and a text alone as in a batch.

How it was trained and how often it is right: `docs/content-language.md`.
"""

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.filters.languages.by_name import languages
from codecorpus.filters.languages.classifier import confusable_languages
from codecorpus.filters.languages.classifier.confusable_languages import GROUPS, Group
from codecorpus.filters.languages.classifier.features import MOST, hashes
from codecorpus.filters.languages.classifier.linear import Linear, best_of, score, slots_of
from codecorpus.filters.languages.classifier.model import Model, shipped
from codecorpus.filters.languages.classifier.tokens import KINDS
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

__all__ = ["classify", "detect"]

OTHER = len(LANGUAGES)
"""The code of what is none of the 23 languages."""

_AT_ONCE = 64
"""Texts that are looked at again together, which bounds the memory for their features."""


def _sets() -> NDArray[np.int64]:
    sets = np.arange(OTHER + 1)
    for group in GROUPS:
        sets[group.codes] = group.codes[0]
    return sets


SETS = _sets()
"""int64[24], by code: the first code of a language's group, or its own."""


def detect(text: pa.Array, *, confidence: float) -> pa.Array:
    """The language of each text; null where it is none of the 23, or not sure.

    Args:
        text: large_string or large_binary; null reads as empty, which has no language.
        confidence: from 0 to below 1; how probable the answer must be. 0 takes every best guess.

    Returns:
        string, of LANGUAGES.

    Raises:
        ValueError: `confidence` is out of range.
    """
    if not 0 <= confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must be at least 0 and below 1")
    codes, odds = classify(ByteColumn.from_arrow(text), shipped())
    # at most even odds leave two languages; below them, the margin of 0 always suffices
    least = math.log(confidence / (1 - confidence)) if confidence > 0.5 else 0.0
    return languages(np.where((codes < OTHER) & (odds >= least), codes, -1))


def classify(texts: ByteColumn, model: Model) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best guess for each text, and how sure it is.

    Args:
        texts: the texts.
        model: the weights.

    Returns:
        int64[n], indices into LANGUAGES, or OTHER; float64[n], log-odds of being right, 0 or more.
    """
    codes, odds = guess(texts, model)
    for group, linear in zip(GROUPS, model.close, strict=True):
        rows = np.flatnonzero(np.isin(codes, group.codes))
        for low in range(0, len(rows), _AT_ONCE):
            some = rows[low : low + _AT_ONCE]
            chosen, sure = decide(texts.select(some), group, linear)
            codes[some] = chosen
            odds[some] = _both(odds[some], sure)
    return codes, odds


def guess(texts: ByteColumn, model: Model) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """As `classify`, before close languages are looked at again; how sure its group is."""
    of_class = np.where(model.language < 0, OTHER, model.language).astype(np.int64)
    sets = SETS[of_class]
    codes, margins, counts = (np.empty(len(texts), np.int64) for _ in range(3))
    first = model.first
    _classify(
        texts.data,
        texts.starts,
        texts.ends,
        KINDS,
        first.tags,
        first.slot_bits,
        first.weights,
        first.bias,
        of_class,
        sets,
        codes,
        margins,
        counts,
    )
    return codes, first.odds(margins, counts)


def decide(
    texts: ByteColumn, group: Group, linear: Linear
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which of a group's languages each text is in: int64[n], indices into LANGUAGES; log-odds."""
    offsets, features = confusable_languages.of_texts(texts, group)
    best, margins, counts = (np.empty(len(texts), np.int64) for _ in range(3))
    _decide(
        offsets,
        features,
        linear.tags,
        linear.slot_bits,
        linear.weights,
        linear.bias,
        best,
        margins,
        counts,
    )
    return group.codes[best], linear.odds(margins, counts)


def _both(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log-odds that two things are so, of the log-odds of each: at least 0, as a best guess."""
    against = np.logaddexp(np.logaddexp(-one, -two), -one - two)
    odds: NDArray[np.float64] = np.maximum(-against, 0)
    return odds


@kernel
def _classify(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    tags: NDArray[np.uint16],
    slot_bits: int,
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    of_class: NDArray[np.int64],
    sets: NDArray[np.int64],
    codes: NDArray[np.int64],
    margins: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Score each text data[starts[i]:ends[i]]; without a known feature it is OTHER, by nothing."""
    found = np.empty(MOST, np.uint64)
    slots = np.empty(MOST, np.int32)
    seen = np.zeros(len(tags), np.int64)
    scores = np.empty(len(bias), np.int64)
    for i in range(len(starts)):
        features = found[: hashes(data, starts[i], ends[i], kinds, found)]
        counts[i] = slots_of(features, tags, slot_bits, seen, i + 1, slots)
        codes[i], margins[i] = OTHER, 0
        if counts[i]:
            score(slots[: counts[i]], weights, bias, scores)
            best, margins[i] = best_of(scores, sets)
            codes[i] = of_class[best]


@kernel
def _decide(
    offsets: NDArray[np.int64],
    features: NDArray[np.uint64],
    tags: NDArray[np.uint16],
    slot_bits: int,
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    best: NDArray[np.int64],
    margins: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Score each text's features[offsets[i]:offsets[i + 1]]."""
    slots = np.empty(len(features), np.int32)
    seen = np.zeros(len(tags), np.int64)
    scores = np.empty(len(bias), np.int64)
    each = np.arange(len(bias))
    for i in range(len(best)):
        found = features[offsets[i] : offsets[i + 1]]
        counts[i] = slots_of(found, tags, slot_bits, seen, i + 1, slots)
        score(slots[: counts[i]], weights, bias, scores)
        best[i], margins[i] = best_of(scores, each)
