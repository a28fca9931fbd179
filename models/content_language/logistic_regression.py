"""Multinomial logistic regression on binary features, by stochastic gradient descent.

The scores of a file are the sum of its features' rows, divided by the square root of their number,
plus a bias. AdaGrad (Duchi, Hazan and Singer, JMLR 12, 2011, 2121-2159) sets the step of each row,
with one sum of squares per row. Weights decay a little at each visit. Files are visited in the
order of a seeded generator by a single thread, so a fit is reproducible to the bit.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel

Weights = NDArray[np.float32]


def fit(
    offsets: NDArray[np.int64],
    slots: NDArray[np.int32],
    classes: NDArray[np.int32],
    sample_weight: NDArray[np.float32],
    slot_count: int,
    class_count: int,
    *,
    passes: int,
    step: float,
    decay: float,
    keep: float,
) -> tuple[Weights, Weights]:
    """Fit the weights of each slot and class, and the biases of the classes.

    Args:
        offsets: int64[files + 1], the start of each file's features in `slots`.
        slots: int32, the features of each file, without repeats.
        classes: int32[files].
        sample_weight: float32[files], the weight in the loss; 1 on average.
        slot_count: number of slots.
        class_count: number of classes.
        passes: number of passes over all files.
        step: AdaGrad's step; decreases geometrically to a tenth.
        decay: the share of a weight that a visit removes, in units of the step.
        keep: the share of a file's features that a visit uses, drawn again each time (dropout), so
            that no file is recognized by a few features.

    Returns:
        float32[slot_count, class_count], float32[class_count].
    """
    weights = np.zeros((slot_count, class_count), np.float32)
    bias = np.zeros(class_count, np.float32)
    squares = np.full(slot_count + 1, 1e-4, np.float32)
    generator = np.random.default_rng(0)
    for number in range(passes):
        rate = step * 0.1 ** (number / max(1, passes - 1))
        order = generator.permutation(len(classes))
        _pass(
            offsets,
            slots,
            classes,
            sample_weight,
            order,
            weights,
            bias,
            squares,
            rate,
            decay,
            keep,
            number,
        )
    return weights, bias


@kernel
def _pass(
    offsets: NDArray[np.int64],
    slots: NDArray[np.int32],
    classes: NDArray[np.int32],
    sample_weight: NDArray[np.float32],
    order: NDArray[np.int64],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    squares: NDArray[np.float32],
    rate: float,
    decay: float,
    keep: float,
    number: int,
) -> None:
    """Visit each file once."""
    width = weights.shape[1]
    scores = np.empty(width, np.float32)
    kept = np.empty(np.max(offsets[1:] - offsets[:-1]), np.int32)
    state = np.uint64(number + 1)
    limit = np.uint64(keep * 2.0**32)
    for file in order:
        count = 0
        for j in range(offsets[file], offsets[file + 1]):
            state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            if (state >> np.uint64(32)) < limit:
                kept[count] = slots[j]
                count += 1
        if count == 0:
            continue
        scale = np.float32(1 / np.sqrt(count))
        scores[:] = 0
        for j in range(count):
            row = weights[kept[j]]
            for c in range(width):
                scores[c] += row[c]
        best = np.float32(-1e30)
        for c in range(width):
            scores[c] = scores[c] * scale + bias[c]
            best = max(best, scores[c])
        total = np.float32(0)
        for c in range(width):
            scores[c] = np.exp(scores[c] - best)
            total += scores[c]
        norm = np.float32(0)
        for c in range(width):
            scores[c] = scores[c] / total
            if c == classes[file]:
                scores[c] -= np.float32(1)
            scores[c] *= sample_weight[file]
            norm += scores[c] * scores[c]
        if norm < 1e-8:
            continue
        squares[-1] += norm
        pace = np.float32(rate / np.sqrt(squares[-1]))
        for c in range(width):
            bias[c] -= pace * scores[c]
        norm = norm * scale * scale / width
        for j in range(count):
            slot = kept[j]
            squares[slot] += norm
            pace = np.float32(rate / np.sqrt(squares[slot])) * scale
            shrink = np.float32(1 - rate * decay)
            row = weights[slot]
            for c in range(width):
                row[c] = row[c] * shrink - pace * scores[c]
