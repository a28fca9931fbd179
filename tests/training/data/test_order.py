"""The order of samples is a function of the position."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.training.data.order import SLOTS, SampleOrder, group_weights, slots_of

GROUPS = [np.arange(0, 1_000), np.arange(1_000, 1_300), np.arange(2_000, 2_007)]


def test_each_epoch_has_every_sample_once_in_another_order() -> None:
    order = SampleOrder([np.arange(100, 400)], seed=3)
    epochs = order.samples(0, 900).reshape(3, 300)
    for epoch in epochs:
        assert np.array_equal(np.sort(epoch), np.arange(100, 400))
    assert not np.array_equal(epochs[0], epochs[1])


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.integers(0, 5_000))
def test_it_does_not_matter_how_positions_are_asked_for(sizes: list[int], first: int) -> None:
    order = SampleOrder(GROUPS, seed=1, weights=[0.5, 0.3, 0.2])
    whole = order.samples(first, sum(sizes))
    bounds = np.cumsum([0, *sizes])
    pieces = [
        order.samples(first + int(begin), size)
        for begin, size in zip(bounds[:-1], sizes, strict=True)
    ]
    assert np.array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("weights", [[0.5, 0.3, 0.2], [0.01, 0.98, 0.01], [1, 1, 1e-9]])
def test_shares_are_the_weights(weights: list[float]) -> None:
    order = SampleOrder(GROUPS, seed=1, weights=weights)
    samples = order.samples(0, 10_000)
    for group, weight in zip(GROUPS, weights, strict=True):
        share = np.isin(samples, group).mean()
        assert abs(share - weight / sum(weights)) < 0.01


def test_a_group_is_repeated_only_when_it_is_used_up() -> None:
    order = SampleOrder(GROUPS, seed=1, weights=[0.5, 0.3, 0.2])
    samples = order.samples(0, 20_000)
    for group in GROUPS:
        mine = samples[np.isin(samples, group)]
        for begin in range(0, len(mine) - len(group), len(group)):
            assert np.array_equal(np.sort(mine[begin : begin + len(group)]), group)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20))
def test_slots_add_up(weights: list[float]) -> None:
    slots = slots_of(weights)
    assert (slots >= 1).all()
    assert SLOTS <= slots.sum() <= SLOTS + len(weights)


def test_groups_without_a_weight_or_samples_are_not_drawn() -> None:
    assert group_weights(["a", "b", "c"], [5, 0, 7], {"a": 2.0, "b": 1.0}) == [2.0, 0.0, 0.0]


def test_a_block_of_many_epochs_takes_no_quadratic_time() -> None:
    order = SampleOrder([np.arange(2), np.arange(10, 1_000)], seed=1, weights=[1.0, 1.0])
    begin = time.process_time()
    samples = order.samples(0, 1 << 17)
    assert time.process_time() - begin < 10
    assert (samples < 2).mean() == pytest.approx(0.5, abs=0.01)
    small = samples[samples < 2].reshape(-1, 2)
    assert (np.sort(small, 1) == [0, 1]).all()
    assert 0.4 < (small[:, 0] == 0).mean() < 0.6, "epochs differ"


def test_an_order_far_into_a_run_is_computed_at_once() -> None:
    order = SampleOrder(GROUPS, seed=1, weights=[0.5, 0.3, 0.2])
    assert len(order.samples(10**15, 100)) == 100
