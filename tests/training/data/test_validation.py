"""Which rows are kept for validation."""

import numpy as np
import pytest
from numpy.typing import NDArray

from codecorpus.training.data.validation import (
    LEFT_OUT,
    TRAINING,
    VALIDATION,
    RowFiles,
    choose,
)


def content(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Content ids that are spread like hashes."""
    generator = np.random.default_rng(0)
    table = generator.integers(0, 256, (int(numbers.max()) + 1, 20), np.uint8)
    return table[numbers]


def one_file_a_row(repositories: list[int]) -> RowFiles:
    count = len(repositories)
    return RowFiles(
        np.arange(count + 1),
        np.arange(count),
        np.array(repositories, np.int32),
        content(np.arange(count)),
    )


def names(count: int) -> list[str]:
    return [f"owner/{number}" for number in range(count)]


def test_whole_repositories_are_kept_up_to_the_share() -> None:
    owners = np.random.default_rng(1).integers(0, 200, 5_000).tolist()
    uses, warning = choose(one_file_a_row(owners), names(200), 0.03)
    assert warning == ""
    assert 0.03 <= (uses == VALIDATION).mean() <= 0.05
    held = {owner for owner, use in zip(owners, uses, strict=True) if use == VALIDATION}
    rest = {owner for owner, use in zip(owners, uses, strict=True) if use == TRAINING}
    assert not held & rest


def test_a_repository_with_over_5_percent_is_not_kept() -> None:
    owners = [0] * 1_000 + np.random.default_rng(1).integers(1, 200, 3_000).tolist()
    for attempt in range(20):
        renamed = [f"{attempt}/{name}" for name in names(200)]
        uses, _ = choose(one_file_a_row(owners), renamed, 0.03)
        assert not (uses[:1_000] == VALIDATION).any()
        assert (uses == VALIDATION).mean() <= 0.05


@pytest.mark.parametrize("owners", [[0] * 2_000, [-1] * 2_000, [0, 1] * 1_000])
def test_few_or_nameless_repositories_fall_back_to_contents(owners: list[int]) -> None:
    uses, warning = choose(one_file_a_row(owners), names(2), 0.05)
    assert "kept by a hash of their contents" in warning
    assert 0.03 < (uses == VALIDATION).mean() < 0.07


def test_rows_of_several_repositories_are_left_out_if_they_straddle() -> None:
    generator = np.random.default_rng(2)
    owners = generator.integers(0, 300, 6_000)
    alike = np.flatnonzero(generator.random(3_000) < 0.8)
    owners[2 * alike + 1] = owners[2 * alike]  # most rows have one repository
    rows = RowFiles(
        np.arange(0, 6_001, 2), np.arange(6_000), owners.astype(np.int32), content(np.arange(6_000))
    )
    uses, _ = choose(rows, names(300), 0.2)
    kept = {int(owner) for owner in owners.reshape(-1, 2)[uses == VALIDATION].reshape(-1)}
    for pair, use in zip(owners.reshape(-1, 2).tolist(), uses.tolist(), strict=True):
        inside = sum(owner in kept for owner in pair)
        if use == TRAINING:
            assert inside == 0
        elif use == VALIDATION:
            assert inside == 2
    assert (uses == LEFT_OUT).any()


def test_no_content_is_in_both() -> None:
    owners = np.random.default_rng(3).integers(0, 200, 4_000)
    same = np.random.default_rng(4).integers(0, 1_000, 4_000)  # four copies of each
    rows = RowFiles(np.arange(4_001), np.arange(4_000), owners.astype(np.int32), content(same))
    uses, _ = choose(rows, names(200), 0.04)
    assert (uses == VALIDATION).any()
    held, rest = set(same[uses == VALIDATION]), set(same[uses == TRAINING])
    assert not held & rest


def test_0_turns_it_off() -> None:
    uses, warning = choose(one_file_a_row([0, 1, 2]), names(3), 0.0)
    assert (uses.tolist(), warning) == ([TRAINING] * 3, "")
