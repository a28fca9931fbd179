"""Train the classifier: `python -m models.content_language.train` writes its `model.npz`.

Reads the files that `gather` wrote. Some minutes on one core, and the same bytes each time.
"""

import time
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from filters.languages.classifier import classify
from filters.languages.classifier.features import KINDS, MOST, hashes
from filters.languages.classifier.model import PATH, Model
from filters.languages.table import LANGUAGES
from foundation.columns import ByteColumn
from foundation.compiling import kernel
from models.content_language.files import Files, read
from models.content_language.fitting import fit
from models.content_language.places import FILES
from models.content_language.vocabulary import choose

SLOT_BITS = 15
CLASSES = 64
PASSES, STEP, DECAY, KEEP = 20, 0.5, 1e-6, 0.6
"""Chosen on the validation part."""


def main() -> None:
    """Train, calibrate, write, and say how often validation's answers are right."""
    started = time.monotonic()
    files = read(FILES)
    training, validation = files.of_part("training"), files.of_part("validation")
    names = class_names(training)
    numbers = {name: i for i, name in enumerate(names)}
    classes = np.array([numbers.get(x, len(names) - 1) for x in training.label], np.int32)
    importance = importance_of(training, classes)
    tags = choose(training, classes, importance, len(names), 1 << SLOT_BITS)
    offsets, slots = features_of(training.bytes(), tags)
    weights, bias = fit(
        offsets,
        slots,
        classes,
        importance,
        len(tags),
        len(names),
        passes=PASSES,
        step=STEP,
        decay=DECAY,
        keep=KEEP,
    )
    model = quantized(tags, weights, bias, names)
    model = model._replace(temperature=temperature_of(model, validation))
    model.write(PATH)
    right = classify(validation.bytes(), model)[0] == validation.codes
    print(
        f"{len(training.path)} files, {np.count_nonzero(tags)} features, "
        f"{PATH.stat().st_size} bytes, {right.mean():.4f} of validation right, "
        f"{time.monotonic() - started:.0f} s"
    )


def class_names(training: Files) -> list[str]:
    """The 23 languages, the most frequent kinds of other files, and the rest of those."""
    kinds = Counter(name for name in training.label if name.startswith("other:"))
    most = CLASSES - len(LANGUAGES) - 1
    return [*LANGUAGES, *(name for name, _ in kinds.most_common(most)), "other:"]


def importance_of(training: Files, classes: NDArray[np.int32]) -> NDArray[np.float32]:
    """float32[files], what each counts, 1 on the average.

    Files of one class in one package count together as the root of their number, and classes as
    the root of that.
    """
    pairs = list(zip(classes.tolist(), training.package, strict=True))
    counts = Counter(pairs)
    each = np.array([counts[pair] ** -0.5 for pair in pairs])
    each *= np.bincount(classes, each)[classes] ** -0.5
    relative: NDArray[np.float32] = (each / each.mean()).astype(np.float32)
    return relative


def quantized(
    tags: NDArray[np.uint16],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    names: list[str],
) -> Model:
    """The model in integers: one unit for all, so that one weight in 2,000 is cut to 127 units.

    A row's mean is taken off it first, which changes no margin.
    """
    weights = weights - weights.mean(axis=1, keepdims=True)
    unit = np.quantile(np.abs(weights[tags > 0]), 0.9995) / 127
    languages = [LANGUAGES.index(name) if name in LANGUAGES else -1 for name in names]
    return Model(
        tags=tags,
        weights=np.clip(np.rint(weights / unit), -127, 127).astype(np.int8),
        bias=np.rint(bias / unit).astype(np.int32),
        language=np.array(languages, np.int8),
        temperature=1.0,
    )


def temperature_of(model: Model, validation: Files) -> float:
    """What to divide margins by, so that they are log-odds of being right: the likeliest."""
    codes, margins = classify(validation.bytes(), model)
    signed = np.where(codes == validation.codes, -margins, margins)
    candidates = np.geomspace(1, 1000, 1000)
    losses = [np.logaddexp(0, signed / candidate).mean() for candidate in candidates]
    return float(candidates[np.argmin(losses)])


def features_of(
    texts: ByteColumn, tags: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """int64[n + 1], where each text's features begin; int32, their slots, each once a text."""
    sizes = np.empty(len(texts), np.int64)
    _find(texts.data, texts.starts, texts.ends, KINDS, tags, sizes, np.empty(0, np.int32))
    slots = np.empty(sizes.sum(), np.int32)
    _find(texts.data, texts.starts, texts.ends, KINDS, tags, sizes, slots)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]), slots


@kernel
def _find(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    tags: NDArray[np.uint16],
    sizes: NDArray[np.int64],
    slots: NDArray[np.int32],
) -> None:
    """How many known features each text has, and their slots unless `slots` is empty."""
    found = np.empty(MOST, np.uint64)
    seen = np.zeros(len(tags), np.int64)
    shift = np.uint64(64 - SLOT_BITS)
    at = 0
    for i in range(len(starts)):
        first = at
        for j in range(hashes(data, starts[i], ends[i], kinds, found)):
            slot = np.int64(found[j] >> shift)
            tag = np.uint16(found[j] & np.uint64(0xFFFF))
            if tags[slot] == tag and tag != 0 and seen[slot] != i + 1:
                seen[slot] = i + 1
                if len(slots):
                    slots[at] = slot
                at += 1
        sizes[i] = at - first


if __name__ == "__main__":
    main()
