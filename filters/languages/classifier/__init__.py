"""The language of a text that has no path, by its content alone.

A linear model with integer weights over hashed n-grams of tokens (`features`, `model`): each
feature that a text has, however often, adds its row of weights to the scores of the classes. The
best class is the answer if its margin is large enough: the best score less the best one of
another language, divided by the root of the number of features, is a log-odds once scaled by the
model's temperature (Guo and others, "On Calibration of Modern Neural Networks", ICML 2017), which
was fitted on files that the model was not trained on. All sums are of integers: every processor
answers alike, and a text alone as in a batch.

How it was trained and how often it is right: `docs/content-language.md`.
"""

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.languages.by_name import languages
from filters.languages.classifier.features import KINDS, MOST, hashes
from filters.languages.classifier.model import Model, shipped
from filters.languages.table import LANGUAGES
from foundation.columns import ByteColumn
from foundation.compiling import kernel

__all__ = ["classify", "detect"]

OTHER = len(LANGUAGES)
"""The code of what is none of the 23 languages."""


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
    codes = np.empty(len(texts), np.int64)
    margins = np.empty(len(texts), np.int64)
    features = np.empty(len(texts), np.int64)
    of_class = np.where(model.language < 0, OTHER, model.language).astype(np.int64)
    _classify(
        texts.data,
        texts.starts,
        texts.ends,
        KINDS,
        model.tags,
        model.slot_bits,
        model.weights,
        model.bias,
        of_class,
        codes,
        margins,
        features,
    )
    return codes, margins / np.sqrt(np.maximum(features, 1)) / model.temperature


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
    codes: NDArray[np.int64],
    margins: NDArray[np.int64],
    features: NDArray[np.int64],
) -> None:
    """Score each text data[starts[i]:ends[i]]; without a known feature it is OTHER, by nothing."""
    found = np.empty(MOST, np.uint64)
    seen = np.zeros(len(tags), np.int64)
    width = len(bias)
    scores = np.empty(width, np.int32)
    shift = np.uint64(64 - slot_bits)
    for i in range(len(starts)):
        scores[:] = 0
        count = 0
        for j in range(hashes(data, starts[i], ends[i], kinds, found)):
            slot = np.int64(found[j] >> shift)
            tag = np.uint16(found[j] & np.uint64(0xFFFF))
            if tags[slot] == tag and tag != 0 and seen[slot] != i + 1:
                seen[slot] = i + 1
                count += 1
                for c in range(width):
                    scores[c] += weights[slot, c]
        features[i] = count
        codes[i], margins[i] = OTHER, 0
        if count == 0:
            continue
        root = np.int64(np.sqrt(count))
        best = np.int64(-(1 << 60))
        for c in range(width):
            if scores[c] + root * bias[c] > best:
                best = scores[c] + root * bias[c]
                codes[i] = of_class[c]
        second = np.int64(-(1 << 60))
        for c in range(width):
            if of_class[c] != codes[i]:
                second = max(second, scores[c] + root * bias[c])
        margins[i] = best - second
