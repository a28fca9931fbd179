"""The numbers of tasks are the fewest that keep to the limits."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.stages.artifacts import MATCH_COPIES, PROPOSE_PAIRS
from codecorpus.pipelines.stages.deduplicate import pair_tasks
from codecorpus.pipelines.stages.deduplicate.pair_tasks import (
    key_ranges,
    propose_tasks,
    proposed_pairs,
    verify_tasks,
)
from tests.pipelines.stages.deduplicate.made_up_files import BANDS, SIZE
from tests.pipelines.stages.planned import plan_build

NEAR = {"near": {"permutations": SIZE}}


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_tasks, "_KEYS_PER_TASK", 10)
    monkeypatch.setattr(pair_tasks, "_PAIRS_PER_TASK", 100)


def fewest(count: int, limit: int) -> int:
    """How many boxes of `limit` things `count` things fill, by filling them."""
    return sum(1 for _ in range(0, count, limit))


@settings(max_examples=20)
@given(compared=st.integers(0, 35), pairs=st.integers(0, 150))
def test_tasks_are_as_few_as_the_limits_allow(
    tmp_path_factory: pytest.TempPathFactory, compared: int, pairs: int
) -> None:
    build = plan_build(tmp_path_factory.mktemp("tasks"), deduplicate=NEAR)
    build.write_marker(MATCH_COPIES, 0, {"compared": compared}, {})
    ranges = max(1, fewest(compared, 10))
    assert key_ranges(build) == ranges
    assert propose_tasks(build) == BANDS * ranges
    counts = [pairs + task for task in range(BANDS * ranges)]
    for task, count in enumerate(counts):
        build.write_marker(PROPOSE_PAIRS, task, {"pairs": count}, {})
    assert proposed_pairs(build) == counts
    assert verify_tasks(build) == fewest(sum(counts), 100)


def test_without_near_duplicates_there_are_no_pairs(tmp_path: Path) -> None:
    build = plan_build(tmp_path, deduplicate={"near": False})
    assert (propose_tasks(build), proposed_pairs(build), verify_tasks(build)) == (0, [], 0)
