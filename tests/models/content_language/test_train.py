"""Training on a few made-up files: the model knows them, and comes out the same again."""

import numpy as np
import pyarrow as pa
import pytest

from codecorpus.filters.languages.classifier import predict
from codecorpus.filters.languages.table import LANGUAGES
from models.content_language.dataset import CODES, Files
from models.content_language.train import calibrated, factor, quantized, temperatures, trained

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


def test_a_model_knows_its_files_and_is_the_same_when_trained_again() -> None:
    files = made_up()
    model, again = (trained(files) for _ in range(2))
    model = calibrated(model, temperatures(model, files))
    codes, _ = predict(files.bytes(), model)
    assert codes.tolist() == files.codes.tolist()
    assert np.array_equal(model.broad.weights, again.broad.weights)
    assert np.array_equal(model.confusable[0].weights, again.confusable[0].weights)


def test_weights_are_whole_numbers_of_one_unit_about_their_rows_mean() -> None:
    tags = np.array([1, 2], np.uint16)
    weights = np.array([[3.0, 1.0], [0.5, 0.5]], np.float32)
    linear = quantized(tags, weights, np.array([0.5, -0.5], np.float32))
    assert linear.weights.tolist() == [[127, -127], [0, 0]]
    assert linear.bias.tolist() == [64, -64]


def test_factors_make_margins_the_log_odds_of_being_right() -> None:
    """Of four answers three are right, whatever the margins said: log-odds of 1.1."""
    right, odds = np.array([True, True, True, False]), np.full(4, 10.0)
    assert 10 / factor(right, odds) == pytest.approx(np.log(3), rel=0.02)
    files = made_up()
    model = trained(files)
    factors = temperatures(model, files)
    done = calibrated(model, factors)
    assert done.broad.temperature == model.broad.temperature * factors[0]
    assert done.confusable[1].temperature == model.confusable[1].temperature * factors[2]
