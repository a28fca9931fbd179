"""A linear model with integer weights over hashed features, and the scores of a text.

The top bits of a feature select a slot; the feature is known if its lowest 16 bits equal the slot's
tag. Each distinct known feature of a text adds its slot's weights to the scores of the classes. The
bias of a class is multiplied by the square root of the number of known features, because margins
between classes grow at that rate. All sums are of integers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel

LOWEST = np.int64(-(1 << 60))


class Linear(NamedTuple):
    """The arrays of a model.

    | array | dtype, shape | content |
    |---|---|---|
    | tags | uint16[slots] | the lowest 16 bits of the slot's feature; 0: the slot is empty |
    | weights | int8[slots, classes] | what the feature adds to the score of each class |
    | bias | int32[classes] | the bias of each class for a text with one feature |
    | temperature | float | margin, divided by the root of the number of features, of log-odds 1 |
    """

    tags: NDArray[np.uint16]
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    temperature: float

    @property
    def slot_bits(self) -> int:
        """Number of bits of a feature that select the slot."""
        return len(self.tags).bit_length() - 1

    def log_odds(
        self, margins: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The log-odds of being right, float64, of the margins of texts with `counts` features."""
        roots = np.sqrt(np.maximum(counts, 1))
        scaled: NDArray[np.float64] = margins / roots / self.temperature
        return scaled


@kernel
def find_slots(
    features: NDArray[np.uint64],
    tags: NDArray[np.uint16],
    slot_bits: int,
    seen: NDArray[np.int64],
    text_number: int,
    out: NDArray[np.int32],
) -> int:
    """Write the slots of a text's known features, each once, to `out`; returns their number.

    Args:
        features: of the text.
        tags: of the model.
        slot_bits: of the model.
        seen: int64[slots], shared by all texts; records the last text that used a slot.
        text_number: unique among the texts that share `seen`, and not 0.
        out: at least as long as `features`.
    """
    shift = np.uint64(64 - slot_bits)
    count = 0
    for feature in features:
        slot = np.int64(feature >> shift)
        tag = np.uint16(feature & np.uint64(0xFFFF))
        if tags[slot] == tag and tag != 0 and seen[slot] != text_number:
            seen[slot] = text_number
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
    """Write the scores of a text with these slots to `scores`, int64[classes]."""
    width = len(bias)
    sums = np.zeros(width, np.int32)
    for slot in slots:
        for c in range(width):
            sums[c] += weights[slot, c]
    root = np.int64(np.sqrt(len(slots)))
    for c in range(width):
        scores[c] = sums[c] + root * bias[c]


@kernel
def best_class(scores: NDArray[np.int64], groups: NDArray[np.int64]) -> tuple[int, int]:
    """The class with the best score (the first if equal), and its margin over other groups.

    Args:
        scores: int64[classes].
        groups: int64[classes], the group of each class; at least two groups.
    """
    best = 0
    for c in range(1, len(scores)):
        if scores[c] > scores[best]:
            best = c
    second = LOWEST
    for c in range(len(scores)):
        if groups[c] != groups[best]:
            second = max(second, scores[c])
    return best, scores[best] - second
