"""Multinomial logistic regression on features that a file has or has not, by stochastic descent.

A file's scores are the sums of its features' rows, divided by the root of their number, and a bias.
AdaGrad (Duchi, Hazan and Singer, JMLR 12, 2011, 2121-2159) sets each row's step; one row has one
sum of squares. Weights decay a little at each visit. The order of files is that of a seeded
generator, and one thread does it all, so that a fit can be done again to the bit.
"""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel

Weights = NDArray[np.float32]


def fit(
    offsets: NDArray[np.int64],
    slots: NDArray[np.int32],
    classes: NDArray[np.int32],
    importance: NDArray[np.float32],
    slot_count: int,
    class_count: int,
    *,
    passes: int,
    step: float,
    decay: float,
    keep: float,
) -> tuple[Weights, Weights]:
    """The weights of each slot and class, and the classes' biases.

    Args:
        offsets: int64[files + 1], where each file's features begin in `slots`.
        slots: int32, each file's features, each once.
        classes: int32[files].
        importance: float32[files], what a file's loss counts; 1 on the average.
        slot_count: how many slots there are.
        class_count: how many classes.
        passes: over all files.
        step: AdaGrad's; it sinks to a tenth, in equal ratios.
        decay: how much of a weight goes at each visit, in steps.
        keep: which share of a file's features a visit sees, drawn anew each time, so that no file
            is known by some few (dropout).

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
            importance,
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
    importance: NDArray[np.float32],
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
            scores[c] *= importance[file]
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
