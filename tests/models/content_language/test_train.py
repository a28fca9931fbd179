"""Training on a few synthetic files is accurate and reproducible."""

import numpy as np
import pyarrow as pa
import pytest

from codecorpus.filters.languages.classifier import predict
from codecorpus.filters.languages.table import LANGUAGES
from models.content_language.dataset import CODES, Files
from models.content_language.train import (
    calibrate,
    fit_temperature,
    fit_temperatures,
    quantize,
    train,
)

PACKAGES = 8


def made_up() -> Files:
    """A file of each language and of one other kind in each package, told apart by two words."""
    names = [*LANGUAGES, "other:markdown"]
    rows = [(f"npm {i}", name) for i in range(PACKAGES) for name in names]
    texts = [
        f"name {package[4:]} ;\nword{CODES.get(name, 99)} is here ;\n" * 3 for package, name in rows
    ]
    return Files(
        np.array([package for package, _ in rows], object),
        np.array([f"{i}" for i in range(len(rows))], object),
        np.array([name for _, name in rows], object),
        pa.array(texts, pa.large_string()),
        np.zeros(len(rows), np.int8),
    )


def test_a_model_learns_its_files_and_is_reproducible() -> None:
    files = made_up()
    model, again = (train(files) for _ in range(2))
    model = calibrate(model, fit_temperatures(model, files))
    codes, _ = predict(files.bytes(), model)
    assert codes.tolist() == files.codes.tolist()
    assert np.array_equal(model.broad.weights, again.broad.weights)
    assert np.array_equal(model.confusable[0].weights, again.confusable[0].weights)


def test_weights_are_integers_of_one_unit_around_the_mean_of_their_row() -> None:
    tags = np.array([1, 2], np.uint16)
    weights = np.array([[3.0, 1.0], [0.5, 0.5]], np.float32)
    linear = quantize(tags, weights, np.array([0.5, -0.5], np.float32))
    assert linear.weights.tolist() == [[127, -127], [0, 0]]
    assert linear.bias.tolist() == [64, -64]


def test_temperatures_turn_margins_into_log_odds_of_being_right() -> None:
    """Three of four answers are right, at any margin: log-odds of 1.1."""
    right, odds = np.array([True, True, True, False]), np.full(4, 10.0)
    assert 10 / fit_temperature(right, odds) == pytest.approx(np.log(3), rel=0.02)
    files = made_up()
    model = train(files)
    factors = fit_temperatures(model, files)
    done = calibrate(model, factors)
    assert done.broad.temperature == model.broad.temperature * factors[0]
    assert done.confusable[1].temperature == model.confusable[1].temperature * factors[2]
