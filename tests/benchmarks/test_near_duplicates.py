"""How answers are evaluated."""

import numpy as np
import pytest

from benchmarks.near_duplicate_files import LabelledCorpus
from benchmarks.near_duplicates import component_removals, evaluate, greedy_removals, score
from codecorpus.foundation.columns import ByteColumn

CHAIN = np.array([[0, 1], [1, 2], [2, 3]], np.uint64)
PACKED = CHAIN[:, 0] << np.uint64(32) | CHAIN[:, 1]


def test_a_chain_is_removed_greedily_or_as_one_component() -> None:
    assert greedy_removals(5, PACKED).tolist() == [1, 3]
    assert component_removals(5, PACKED).tolist() == [1, 2, 3]


def test_precision_recall_and_f1() -> None:
    found = score(np.array([1, 2, 3, 4]), np.array([3, 4, 5]))
    assert found.precision == 0.5
    assert found.recall == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(4 / 7)
    assert score(np.array([]), np.array([])).f1 == 1.0
    assert score(np.array([1]), np.array([2])).f1 == 0.0


def test_an_answer_is_evaluated_at_its_threshold() -> None:
    truth = LabelledCorpus(ByteColumn.from_values([b"x"] * 5), PACKED, np.array([0.9, 0.8, 0.9]))
    answer = {"threshold": 0.85, "method": "m", "pairs": [[0, 1], [0, 4]], "transitive": False}
    line = evaluate(truth, answer)
    assert (line.pairs.precision, line.pairs.recall) == (0.5, 0.5)
    assert (line.wrongly_removed, line.wrongly_kept) == (1, 1)
    assert line.cells()[-2:] == ["1", "1"]
