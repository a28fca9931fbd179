"""langid's decision over one text, in whole numbers.

A text's features are the byte sequences that the automaton meets; how often each was met counts by
the logarithm of one more. The sum of logarithm times weight, of all features, is a language's
score. A language is given if it is ahead of the next by LEAD for the root of the text's bytes,
which is how langid scales its confidence: LEAD 1 is odds of e to 1.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.natural_language.model import NATURAL_LANGUAGES, UNIT, Model
from codecorpus.foundation.compiling import kernel

LEAD = 1

_COUNTED = 1 << 13  # times that a feature is counted at limit


def identify(text: NDArray[np.uint8], model: Model) -> str | None:
    """The language of a text, as in `model.NATURAL_LANGUAGES`; None where none is clearly ahead.

    Args:
        text: uint8, UTF-8, at limit _COUNTED bytes.
        model: the weights.
    """
    features = np.empty(len(text), np.int32)
    count = _walk(text, model.moves, model.rows, model.features, features)
    if not count:
        return None
    met, times = np.unique(features[:count], return_counts=True)
    scores = np.empty(len(NATURAL_LANGUAGES), np.int64)
    _add_up(met, _logarithms()[times], model.weights, model.priors, scores)
    second, best = np.argsort(scores, kind="stable")[-2:].tolist()
    lead = int(scores[best] - scores[second])
    ahead = lead * lead >= (LEAD * 1024 * UNIT) ** 2 * len(text)
    return NATURAL_LANGUAGES[best] if ahead else None


@functools.cache
def _logarithms() -> NDArray[np.int64]:
    """UNIT times the logarithm of one more than the index; far from where rounding could differ."""
    return np.round(np.log1p(np.arange(_COUNTED + 1)) * UNIT).astype(np.int64)


@kernel
def _walk(
    text: NDArray[np.uint8],
    moves: NDArray[np.uint32],
    rows: NDArray[np.uint16],
    features: NDArray[np.int32],
    found: NDArray[np.int32],
) -> int:
    """Note the features that a text meets, in its order; how many."""
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
    met: NDArray[np.int32],
    times: NDArray[np.int64],
    weights: NDArray[np.int16],
    priors: NDArray[np.int64],
    scores: NDArray[np.int64],
) -> None:
    """Sum each language's score."""
    scores[:] = priors
    for index in range(len(met)):
        for language in range(len(scores)):
            scores[language] += times[index] * weights[met[index], language]
