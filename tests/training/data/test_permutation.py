"""The computed permutation is a bijection that looks random."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.training.data.permutation import permute

SEEDS = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize("size", [*range(1, 201), 1_000, 41_828, 131_072, 131_073])
def test_it_is_a_bijection(size: int) -> None:
    values = permute(np.arange(size), size, 1, 2, 3)
    assert np.array_equal(np.sort(values), np.arange(size))


@given(st.integers(1, 10**12), SEEDS, SEEDS, SEEDS)
def test_values_are_in_range_at_any_size(size: int, seed: int, group: int, epoch: int) -> None:
    indices = np.array([0, size // 2, size - 1])
    values = permute(indices, size, seed, group, epoch)
    assert ((values >= 0) & (values < size)).all()


def test_seed_group_and_epoch_each_give_another_order() -> None:
    orders = {
        permute(np.arange(50), 50, *key).tobytes()
        for key in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    }
    assert len(orders) == 4


def test_neighbours_are_not_correlated() -> None:
    size = 100_000
    values = permute(np.arange(size), size, 7, 0, 0) / size
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.01
    assert abs(np.corrcoef(np.arange(size), values)[0, 1]) < 0.01
    halves = values.reshape(2, -1).mean(1)
    assert np.abs(halves - 0.5).max() < 0.01
