"""Train the classifier: `python -m models.content_language.train` writes its `model.npz`.

Reads the files that `gather` wrote. A model of the training part is calibrated on the validation
part, which also chose the settings; what is written is trained on both, with its temperatures.
Some five minutes on one core, and the same bytes each time.
"""

import time
from collections import Counter
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier import (
    GROUP_OF_CODE,
    confusable_languages,
    features,
    predict,
    predict_broad,
    predict_confusable,
)
from codecorpus.filters.languages.classifier.confusable_languages import (
    CONFUSABLE_GROUPS,
    ConfusableGroup,
)
from codecorpus.filters.languages.classifier.linear import Linear
from codecorpus.filters.languages.classifier.model import PATH, Model
from codecorpus.filters.languages.table import LANGUAGES
from models.content_language.dataset import Files, read
from models.content_language.feature_selection import Look, Sample, choose, known_slots
from models.content_language.logistic_regression import fit
from models.content_language.paths import FILES

CLASSES = 64


class Settings(NamedTuple):
    """How a model is fitted; see `fitting.fit`. All were chosen on the validation part."""

    slot_bits: int
    passes: int = 20
    step: float = 0.5
    decay: float = 1e-6
    keep: float = 0.6


FIRST = Settings(slot_bits=15)
CLOSE = (Settings(slot_bits=16, keep=0.5), Settings(slot_bits=15))


def main() -> None:
    """Train, calibrate, say how often validation's answers are right; train on both, write."""
    started = time.monotonic()
    files = read(FILES)
    training, validation = files.of_part("training"), files.of_part("validation")
    model = trained(training)
    factors = temperatures(model, validation)
    right = predict(validation.bytes(), calibrated(model, factors))[0] == validation.codes
    calibrated(trained(files.of_part("training", "validation")), factors).write(PATH)
    print(
        f"{len(training.path)} files, {right.mean():.4f} of {len(validation.path)} others right; "
        f"trained on both, {PATH.stat().st_size} bytes, {time.monotonic() - started:.0f} s"
    )


def trained(training: Files) -> Model:
    """The model of all classes and those of close languages, not calibrated."""
    names = class_names(training)
    numbers = {name: i for i, name in enumerate(names)}
    classes = np.array([numbers.get(x, len(names) - 1) for x in training.label], np.int32)
    language = np.array([LANGUAGES.index(x) if x in LANGUAGES else -1 for x in names], np.int8)
    # of the share of all files, each of the 23 languages is taken to have twice a kind of others
    shares = np.where(language >= 0, 2, 1)
    first = linear(features.extract_features, training, classes, shares, FIRST)
    of_groups = [
        close_model(training, group, settings)
        for group, settings in zip(CONFUSABLE_GROUPS, CLOSE, strict=True)
    ]
    return Model(language, first, tuple(of_groups))


def close_model(training: Files, group: ConfusableGroup, settings: Settings) -> Linear:
    """The model that chooses among a group's languages, of their files alone."""
    mine = training.select(np.flatnonzero(np.isin(training.codes, group.codes)))
    classes = np.array([group.languages.index(name) for name in mine.label], np.int32)
    look = partial(confusable_languages.extract_features, group=group)
    return linear(look, mine, classes, np.ones(len(group.languages)), settings)


def linear(
    look: Look,
    training: Files,
    classes: NDArray[np.int32],
    shares: NDArray[np.float64],
    settings: Settings,
) -> Linear:
    """A model of the classes, numbered from 0, by what `look` sees of the files."""
    count = len(shares)
    sample = Sample(
        training.bytes(), training.package, classes, importance_of(training.package, classes)
    )
    likely = (shares / shares.sum()).astype(np.float32)
    tags = choose(look, sample, likely, 1 << settings.slot_bits)
    offsets, slots = known_slots(look, sample.texts, tags)
    weights, bias = fit(
        offsets,
        slots,
        classes,
        sample.importance,
        len(tags),
        count,
        passes=settings.passes,
        step=settings.step,
        decay=settings.decay,
        keep=settings.keep,
    )
    return quantized(tags, weights, bias)


def class_names(training: Files) -> list[str]:
    """The 23 languages, the most frequent kinds of other files, and the rest of those."""
    kinds = Counter(name for name in training.label if name.startswith("other:"))
    most = CLASSES - len(LANGUAGES) - 1
    return [*LANGUAGES, *(name for name, _ in kinds.most_common(most)), "other:"]


def importance_of(package: NDArray[np.object_], classes: NDArray[np.int32]) -> NDArray[np.float32]:
    """float32[files], what each counts, 1 on the average.

    Files of one class in one package count together as the root of their number, and classes as
    the root of that.
    """
    pairs = list(zip(classes.tolist(), package, strict=True))
    counts = Counter(pairs)
    each = np.array([counts[pair] ** -0.5 for pair in pairs])
    each *= np.bincount(classes, each)[classes] ** -0.5
    relative: NDArray[np.float32] = (each / each.mean()).astype(np.float32)
    return relative


def quantized(
    tags: NDArray[np.uint16], weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> Linear:
    """The model in integers: one unit for all, so that one weight in 2,000 is cut to 127 units.

    A row's mean is taken off it first, which changes no margin. The temperature undoes the unit.
    """
    weights = weights - weights.mean(axis=1, keepdims=True)
    unit = np.quantile(np.abs(weights[tags > 0]), 0.9995) / 127
    return Linear(
        tags=tags,
        weights=np.clip(np.rint(weights / unit), -127, 127).astype(np.int8),
        bias=np.rint(bias / unit).astype(np.int32),
        temperature=float(1 / unit),
    )


def temperatures(model: Model, unseen: Files) -> tuple[float, ...]:
    """By what factors each part's margins are too large, first's and groups', on unseen files."""
    texts, truth = unseen.bytes(), unseen.codes
    codes, odds = predict_broad(texts, model)
    factors = [factor(GROUP_OF_CODE[codes] == GROUP_OF_CODE[truth], odds)]
    for group, mine in zip(CONFUSABLE_GROUPS, model.confusable, strict=True):
        rows = np.flatnonzero(np.isin(truth, group.codes))
        chosen, sure = predict_confusable(texts.select(rows), group, mine)
        factors.append(factor(chosen == truth[rows], sure))
    return tuple(factors)


def factor(right: NDArray[np.bool_], odds: NDArray[np.float64]) -> float:
    """What to divide log-odds by, so that they are those of being right: the likeliest."""
    signed = np.where(right, -odds, odds)
    candidates = np.geomspace(0.05, 50, 1000)
    losses = [np.logaddexp(0, signed / candidate).mean() for candidate in candidates]
    return float(candidates[np.argmin(losses)])


def calibrated(model: Model, factors: tuple[float, ...]) -> Model:
    """With the temperatures multiplied by the factors."""
    broad, *of_groups = (
        linear._replace(temperature=linear.temperature * factor)
        for linear, factor in zip((model.broad, *model.confusable), factors, strict=True)
    )
    return model._replace(broad=broad, confusable=tuple(of_groups))


if __name__ == "__main__":
    main()
