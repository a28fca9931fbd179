"""The learning rate's schedule, what decays, and the loss scale."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from codecorpus.training.config import Config
from codecorpus.training.optimizer import LossScale, learning_rate, make_optimizer
from tests.training.steps import MODELS


def config(**values: float) -> Config:
    return Config(model=MODELS["tied"], **({"steps": 100, "batch_size": 1} | values))  # type: ignore[arg-type]


def test_the_schedule_is_the_original_s() -> None:
    """CodeGeeX: 1e-4 to 1e-6 in 200,000 steps, of which 2,000 rise (arXiv 2303.17568)."""
    made = config(steps=200_000, warmup_steps=2_000, learning_rate=1e-4, minimum_learning_rate=1e-6)
    assert learning_rate(0, made) == pytest.approx(1e-4 / 2_000)
    assert learning_rate(1_999, made) == pytest.approx(1e-4)
    assert learning_rate(2_000 + 99_000 - 1, made) == pytest.approx((1e-4 + 1e-6) / 2)
    assert learning_rate(199_999, made) == pytest.approx(1e-6)


@given(
    steps=st.integers(1, 400),
    warmup=st.integers(0, 400),
    low=st.floats(0, 1e-3),
    high=st.floats(1e-3, 1.0),
)
def test_it_rises_for_at_most_a_tenth_then_falls_to_the_minimum(
    steps: int, warmup: int, low: float, high: float
) -> None:
    made = config(steps=steps, warmup_steps=warmup, learning_rate=high, minimum_learning_rate=low)
    rates = [learning_rate(step, made) for step in range(steps)]
    top = min(warmup, steps // 10)
    assert rates[:top] == sorted(rates[:top])
    assert rates[max(0, top - 1) :] == sorted(rates[max(0, top - 1) :], reverse=True)
    assert all(0 < rate <= high * (1 + 1e-12) for rate in rates[:-1])
    assert rates[-1] == pytest.approx(low, abs=1e-12)


def test_only_matrices_decay() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3))
    optimizer = make_optimizer(model, config(learning_rate=1e-2, weight_decay=0.5))
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    optimizer.step()
    for name, value in model.named_parameters():
        kept = 1 - 1e-2 * 0.5 if value.ndim > 1 else 1
        assert torch.allclose(value, before[name] * kept), name


def test_the_loss_scale_halves_at_an_overflow_and_doubles_after_2000_steps() -> None:
    scale = LossScale(2.0**16, dynamic=True)
    scale.update(finite=False)
    assert scale.value == 2.0**15
    for _ in range(1_999):
        scale.update(finite=True)
    resumed = LossScale(1.0, dynamic=True)
    resumed.load(scale.state())
    resumed.update(finite=True)
    assert resumed.value == 2.0**16
    resumed.update(finite=False)
    resumed.update(finite=True)
    assert resumed.value == 2.0**15, "the steps are counted from the last change"


def test_the_loss_scale_stays_between_1_and_its_largest_value() -> None:
    scale = LossScale(2.0, dynamic=True)
    for _ in range(5):
        scale.update(finite=False)
    assert scale.value == 1.0
    largest = LossScale(2.0**24, good_steps=1_999, dynamic=True)
    largest.update(finite=True)
    assert largest.value == 2.0**24


def test_other_precisions_have_no_scale() -> None:
    scale = LossScale()
    scale.update(finite=False)
    scale.load({"value": 8.0, "good_steps": 3})
    assert scale == LossScale(1.0)
