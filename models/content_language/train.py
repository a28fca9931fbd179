"""Train the classifier: `python -m models.content_language.train` writes its `model.npz`.

Reads the files that `gather` wrote. A model trained on the training subset is calibrated on the
validation subset, which was also used to choose the settings; the final model is trained on both,
with these temperatures. Takes about five minutes on one core and always writes the same bytes.
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
from models.content_language.dataset import Files, read_files
from models.content_language.feature_selection import (
    FeatureExtractor,
    Sample,
    find_known_slots,
    select_features,
)
from models.content_language.logistic_regression import fit
from models.content_language.paths import FILES

CLASSES = 64


class Settings(NamedTuple):
    """Arguments of `logistic_regression.fit`, chosen on the validation subset."""

    slot_bits: int
    passes: int = 20
    step: float = 0.5
    decay: float = 1e-6
    keep: float = 0.6


BROAD = Settings(slot_bits=15)
CONFUSABLE = (Settings(slot_bits=16, keep=0.5), Settings(slot_bits=15))


def main() -> None:
    """Train, calibrate and print the accuracy on validation; then train on both and write."""
    started = time.monotonic()
    files = read_files(FILES)
    training, validation = files.of_subsets("training"), files.of_subsets("validation")
    model = train(training)
    factors = fit_temperatures(model, validation)
    right = predict(validation.bytes(), calibrate(model, factors))[0] == validation.codes
    calibrate(train(files.of_subsets("training", "validation")), factors).write(PATH)
    print(
        f"{len(training.path)} files, {right.mean():.4f} of {len(validation.path)} others right; "
        f"train on both, {PATH.stat().st_size} bytes, {time.monotonic() - started:.0f} s"
    )


def train(training: Files) -> Model:
    """Train the model of all classes and those of confusable languages, without calibration."""
    names = class_names(training)
    numbers = {name: i for i, name in enumerate(names)}
    classes = np.array([numbers.get(x, len(names) - 1) for x in training.label], np.int32)
    language = np.array([LANGUAGES.index(x) if x in LANGUAGES else -1 for x in names], np.int8)
    # each of the 23 languages is assumed to be twice as frequent as each other kind
    shares = np.where(language >= 0, 2, 1)
    first = train_linear(features.extract_features, training, classes, shares, BROAD)
    of_groups = [
        train_confusable(training, group, settings)
        for group, settings in zip(CONFUSABLE_GROUPS, CONFUSABLE, strict=True)
    ]
    return Model(language, first, tuple(of_groups))


def train_confusable(training: Files, group: ConfusableGroup, settings: Settings) -> Linear:
    """Train the model that chooses among a group's languages, on their files alone."""
    mine = training.select(np.flatnonzero(np.isin(training.codes, group.codes)))
    classes = np.array([group.languages.index(name) for name in mine.label], np.int32)
    extract = partial(confusable_languages.extract_features, group=group)
    return train_linear(extract, mine, classes, np.ones(len(group.languages)), settings)


def train_linear(
    extract: FeatureExtractor,
    training: Files,
    classes: NDArray[np.int32],
    shares: NDArray[np.float64],
    settings: Settings,
) -> Linear:
    """Train a model of the classes, numbered from 0, on the features that `extract` returns."""
    sample = Sample(
        training.bytes(), training.package, classes, sample_weights(training.package, classes)
    )
    prior = (shares / shares.sum()).astype(np.float32)
    tags = select_features(extract, sample, prior, 1 << settings.slot_bits)
    offsets, slots = find_known_slots(extract, sample.texts, tags)
    weights, bias = fit(
        offsets,
        slots,
        classes,
        sample.sample_weight,
        len(tags),
        len(shares),
        passes=settings.passes,
        step=settings.step,
        decay=settings.decay,
        keep=settings.keep,
    )
    return quantize(tags, weights, bias)


def class_names(training: Files) -> list[str]:
    """The 23 languages, the most frequent kinds of other files, and one class for the rest."""
    kinds = Counter(name for name in training.label if name.startswith("other:"))
    limit = CLASSES - len(LANGUAGES) - 1
    return [*LANGUAGES, *(name for name, _ in kinds.most_common(limit)), "other:"]


def sample_weights(package: NDArray[np.object_], classes: NDArray[np.int32]) -> NDArray[np.float32]:
    """The weight of each file in the loss, float32[files], 1 on average.

    The total weight of the files of a class in a package is the square root of their number, and
    the total weight of a class is the square root of the sum of these.
    """
    pairs = list(zip(classes.tolist(), package, strict=True))
    counts = Counter(pairs)
    each = np.array([counts[pair] ** -0.5 for pair in pairs])
    each *= np.bincount(classes, each)[classes] ** -0.5
    relative: NDArray[np.float32] = (each / each.mean()).astype(np.float32)
    return relative


def quantize(
    tags: NDArray[np.uint16], weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> Linear:
    """Quantize to integers with one unit for all weights; one weight in 2,000 is clipped to 127.

    The mean of each row is subtracted first, which changes no margin. The temperature compensates
    for the unit.
    """
    weights = weights - weights.mean(axis=1, keepdims=True)
    unit = np.quantile(np.abs(weights[tags > 0]), 0.9995) / 127
    return Linear(
        tags=tags,
        weights=np.clip(np.rint(weights / unit), -127, 127).astype(np.int8),
        bias=np.rint(bias / unit).astype(np.int32),
        temperature=float(1 / unit),
    )


def fit_temperatures(model: Model, unseen: Files) -> tuple[float, ...]:
    """The factors to multiply the temperature of each model with, fitted on unseen files."""
    texts, truth = unseen.bytes(), unseen.codes
    codes, odds = predict_broad(texts, model)
    factors = [fit_temperature(GROUP_OF_CODE[codes] == GROUP_OF_CODE[truth], odds)]
    for group, mine in zip(CONFUSABLE_GROUPS, model.confusable, strict=True):
        rows = np.flatnonzero(np.isin(truth, group.codes))
        chosen, sure = predict_confusable(texts.select(rows), group, mine)
        factors.append(fit_temperature(chosen == truth[rows], sure))
    return tuple(factors)


def fit_temperature(right: NDArray[np.bool_], odds: NDArray[np.float64]) -> float:
    """The divisor of the log-odds that maximizes the likelihood of `right`."""
    signed = np.where(right, -odds, odds)
    candidates = np.geomspace(0.05, 50, 1000)
    losses = [np.logaddexp(0, signed / candidate).mean() for candidate in candidates]
    return float(candidates[np.argmin(losses)])


def calibrate(model: Model, factors: tuple[float, ...]) -> Model:
    """The model with its temperatures multiplied by the factors."""
    broad, *of_groups = (
        linear._replace(temperature=linear.temperature * factor)
        for linear, factor in zip((model.broad, *model.confusable), factors, strict=True)
    )
    return model._replace(broad=broad, confusable=tuple(of_groups))


if __name__ == "__main__":
    main()
