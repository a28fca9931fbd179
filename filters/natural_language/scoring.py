"""Identify the language of a text as langid does, in integers.

The features of a text are the byte sequences that the automaton finds. The score of a language is
the sum over all features of log(1 + count) times weight. A language is identified if its score is
ahead of the next by LEAD times the square root of the text's bytes, which is how langid scales its
confidence: LEAD 1 means odds of e to 1.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.natural_language.model import NATURAL_LANGUAGES, UNIT, Model
from codecorpus.foundation.compiling import kernel

LEAD = 1

_MAX_COUNT = 1 << 13  # largest count of a feature


def identify(text: NDArray[np.uint8], model: Model) -> str | None:
    """The language of a text, of `model.NATURAL_LANGUAGES`; None if no language is clearly ahead.

    Args:
        text: uint8, UTF-8, at most _MAX_COUNT bytes.
        model: the weights.
    """
    features = np.empty(len(text), np.int32)
    count = _walk(text, model.moves, model.rows, model.features, features)
    if not count:
        return None
    distinct, times = np.unique(features[:count], return_counts=True)
    scores = np.empty(len(NATURAL_LANGUAGES), np.int64)
    _add_up(distinct, _logarithms()[times], model.weights, model.priors, scores)
    second, best = np.argsort(scores, kind="stable")[-2:].tolist()
    lead = int(scores[best] - scores[second])
    ahead = lead * lead >= (LEAD * 1024 * UNIT) ** 2 * len(text)
    return NATURAL_LANGUAGES[best] if ahead else None


@functools.cache
def _logarithms() -> NDArray[np.int64]:
    """UNIT * log(1 + index), rounded; no value is close to a rounding boundary."""
    return np.round(np.log1p(np.arange(_MAX_COUNT + 1)) * UNIT).astype(np.int64)


@kernel
def _walk(
    text: NDArray[np.uint8],
    moves: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    features: NDArray[np.int32],
    found: NDArray[np.int32],
) -> int:
    """Write the features of a text, in order, to `found`; returns their number."""
    state = np.uint32(0)
    count = 0
    for at in range(len(text)):
        state = moves[rows[state], text[at]]
        feature = features[state]
        if feature >= 0:
            found[count] = feature
            count += 1
    return count


@kernel
def _add_up(
    features: NDArray[np.int32],
    times: NDArray[np.int64],
    weights: NDArray[np.int16],
    priors: NDArray[np.int64],
    scores: NDArray[np.int64],
) -> None:
    """Compute the score of each language."""
    scores[:] = priors
    for index in range(len(features)):
        for language in range(len(scores)):
            scores[language] += times[index] * weights[features[index], language]
