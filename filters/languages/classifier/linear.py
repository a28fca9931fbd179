"""A linear model with integer weights over hashed features, and how it scores a text.

A feature's topmost bits name a slot, and its lowest 16 must be the slot's tag, or it is unknown.
Each known feature, however often a text has it, adds its slot's weights to the scores of the
classes. A class's bias counts as often as the root of the number of known features, as the margins
between classes grow. All sums are of integers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel

LOWEST = np.int64(-(1 << 60))


class Linear(NamedTuple):
    """The arrays of a model.

    | array | dtype, shape | what |
    |---|---|---|
    | tags | uint16[slots] | what the lowest 16 bits of a feature must be; 0: the slot is empty |
    | weights | int8[slots, classes] | what having the feature adds to each class's score |
    | bias | int32[classes] | what each class's score begins with, for one feature |
    | temperature | float | margin, by the root of the features' number, of even odds times e |
    """

    tags: NDArray[np.uint16]
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    temperature: float

    @property
    def slot_bits(self) -> int:
        """How many bits of a feature name the slot."""
        return len(self.tags).bit_length() - 1

    def odds(self, margins: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """float64, log-odds of being right, of margins between texts' classes; see `score`."""
        roots = np.sqrt(np.maximum(counts, 1))
        scaled: NDArray[np.float64] = margins / roots / self.temperature
        return scaled


@kernel
def slots_of(
    features: NDArray[np.uint64],
    tags: NDArray[np.uint16],
    slot_bits: int,
    seen: NDArray[np.int64],
    mark: int,
    out: NDArray[np.int32],
) -> int:
    """The slots of a text's known features, each once, into `out`; how many.

    Args:
        features: the text's.
        tags: the model's.
        slot_bits: the model's.
        seen: int64[slots], which no text of this mark has used.
        mark: the text's own number.
        out: receives them; as long as `features` is enough.
    """
    shift = np.uint64(64 - slot_bits)
    count = 0
    for feature in features:
        slot = np.int64(feature >> shift)
        tag = np.uint16(feature & np.uint64(0xFFFF))
        if tags[slot] == tag and tag != 0 and seen[slot] != mark:
            seen[slot] = mark
            out[count] = slot
            count += 1
    return count


@kernel
def score(
    slots: NDArray[np.int32],
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    scores: NDArray[np.int64],
) -> None:
    """The scores of a text's classes, by its slots, into int64[classes]."""
    width = len(bias)
    sums = np.zeros(width, np.int32)
    for slot in slots:
        for c in range(width):
            sums[c] += weights[slot, c]
    root = np.int64(np.sqrt(len(slots)))
    for c in range(width):
        scores[c] = sums[c] + root * bias[c]


@kernel
def best_of(scores: NDArray[np.int64], sets: NDArray[np.int64]) -> tuple[int, int]:
    """The best class, the first of equals, and its margin over the best of another set.

    Args:
        scores: int64[classes].
        sets: int64[classes], which set each class belongs to; two at least.
    """
    best = 0
    for c in range(1, len(scores)):
        if scores[c] > scores[best]:
            best = c
    second = LOWEST
    for c in range(len(scores)):
        if sets[c] != sets[best]:
            second = max(second, scores[c])
    return best, scores[best] - second
