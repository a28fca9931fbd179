"""Classify the language of a text without a path, by its content alone.

Linear models with integer weights over hashed n-grams of tokens (`features`, `linear`): each
distinct feature of a text adds its row of weights to the scores of the classes. The class with the
best score is the answer if its margin is large enough. The margin (the best score minus the best
score of another language), divided by the square root of the number of features and by the model's
temperature (Guo and others, "On Calibration of Modern Neural Networks", ICML 2017), is the log-odds
of being right; the temperature was fitted on files that the model was not trained on. Texts
classified as one of several languages with a common vocabulary are classified again by a model for
these (`confusable_languages`). All sums are of integers, so the answer is the same on every
processor and in every batch.

Training and accuracy: `docs/content-language.md`.
"""

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.filters.languages.by_name import names_of
from codecorpus.filters.languages.classifier import confusable_languages
from codecorpus.filters.languages.classifier.confusable_languages import (
    CONFUSABLE_GROUPS,
    ConfusableGroup,
)
from codecorpus.filters.languages.classifier.features import MAX_FEATURES, hash_features
from codecorpus.filters.languages.classifier.linear import Linear, best_class, find_slots, score
from codecorpus.filters.languages.classifier.model import Model, load_model
from codecorpus.filters.languages.classifier.tokens import KINDS
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

__all__ = ["classify", "predict"]

OTHER = len(LANGUAGES)
"""The code of everything outside the 23 languages."""

_BATCH = 64
"""Texts that a model for confusable languages classifies at a time; bounds the memory."""


def _group_of_code() -> NDArray[np.int64]:
    groups = np.arange(OTHER + 1)
    for group in CONFUSABLE_GROUPS:
        groups[group.codes] = group.codes[0]
    return groups


GROUP_OF_CODE = _group_of_code()
"""int64[24], for each code the first code of its group of confusable languages, or itself."""


def classify(text: pa.Array, *, confidence: float) -> pa.Array:
    """The language of each text; null if it is not one of the 23, or uncertain.

    Args:
        text: large_string or large_binary; null is treated as empty, which has no language.
        confidence: the least probability of an answer, from 0 to below 1; 0 accepts every guess.

    Returns:
        string, of LANGUAGES.

    Raises:
        ValueError: `confidence` is out of range.
    """
    if not 0 <= confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must be at least 0 and below 1")
    codes, log_odds = predict(ByteColumn.from_arrow(text), load_model())
    # the best guess has at least even odds, so any confidence up to 0.5 accepts it
    least = math.log(confidence / (1 - confidence)) if confidence > 0.5 else 0.0
    return names_of(np.where((codes < OTHER) & (log_odds >= least), codes, -1))


def predict(texts: ByteColumn, model: Model) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best guess for each text, and its confidence.

    Returns:
        int64[n], indices into LANGUAGES, or OTHER; float64[n], log-odds of being right, 0 or more.
    """
    codes, log_odds = predict_broad(texts, model)
    for group, linear in zip(CONFUSABLE_GROUPS, model.confusable, strict=True):
        rows = np.flatnonzero(np.isin(codes, group.codes))
        for low in range(0, len(rows), _BATCH):
            batch = rows[low : low + _BATCH]
            codes[batch], in_group = predict_confusable(texts.select(batch), group, linear)
            log_odds[batch] = _joint_log_odds(log_odds[batch], in_group)
    return codes, log_odds


def predict_broad(texts: ByteColumn, model: Model) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Like `predict`, by the model of all classes; log-odds that the confusable group is right."""
    of_class = np.where(model.language < 0, OTHER, model.language).astype(np.int64)
    groups = GROUP_OF_CODE[of_class]
    codes, margins, counts = (np.empty(len(texts), np.int64) for _ in range(3))
    broad = model.broad
    _classify(
        texts.data,
        texts.starts,
        texts.ends,
        KINDS,
        broad.tags,
        broad.slot_bits,
        broad.weights,
        broad.bias,
        of_class,
        groups,
        codes,
        margins,
        counts,
    )
    return codes, broad.log_odds(margins, counts)


def predict_confusable(
    texts: ByteColumn, group: ConfusableGroup, linear: Linear
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best guess among a group's languages, and its log-odds; like `predict`."""
    offsets, features = confusable_languages.extract_features(texts, group)
    best, margins, counts = (np.empty(len(texts), np.int64) for _ in range(3))
    _score_features(
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
    return group.codes[best], linear.log_odds(margins, counts)


def _joint_log_odds(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log-odds that two independent events both happen; at least 0, as for any best guess."""
    against = np.logaddexp(np.logaddexp(-one, -two), -one - two)
    joint: NDArray[np.float64] = np.maximum(-against, 0)
    return joint


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
    groups: NDArray[np.int64],
    codes: NDArray[np.int64],
    margins: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Score each text data[starts[i]:ends[i]]; one without known features is OTHER, margin 0."""
    found = np.empty(MAX_FEATURES, np.uint64)
    slots = np.empty(MAX_FEATURES, np.int32)
    seen = np.zeros(len(tags), np.int64)
    scores = np.empty(len(bias), np.int64)
    for i in range(len(starts)):
        features = found[: hash_features(data, starts[i], ends[i], kinds, found)]
        counts[i] = find_slots(features, tags, slot_bits, seen, i + 1, slots)
        codes[i], margins[i] = OTHER, 0
        if counts[i]:
            score(slots[: counts[i]], weights, bias, scores)
            best, margins[i] = best_class(scores, groups)
            codes[i] = of_class[best]


@kernel
def _score_features(
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
        counts[i] = find_slots(found, tags, slot_bits, seen, i + 1, slots)
        score(slots[: counts[i]], weights, bias, scores)
        best[i], margins[i] = best_class(scores, each)
