"""How answers are judged."""

import numpy as np
import pytest

from benchmarks.near_duplicate_files import Corpus
from benchmarks.near_duplicates import best_first, closed, judge, score
from codecorpus.foundation.columns import ByteColumn

CHAIN = np.array([[0, 1], [1, 2], [2, 3]], np.uint64)
PACKED = CHAIN[:, 0] << np.uint64(32) | CHAIN[:, 1]


def test_a_chain_goes_link_by_link_or_as_a_whole() -> None:
    assert best_first(5, PACKED).tolist() == [1, 3]
    assert closed(5, PACKED).tolist() == [1, 2, 3]


def test_scores() -> None:
    found = score(np.array([1, 2, 3, 4]), np.array([3, 4, 5]))
    assert found.precision == 0.5
    assert found.recall == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(4 / 7)
    assert score(np.array([]), np.array([])).f1 == 1.0
    assert score(np.array([1]), np.array([2])).f1 == 0.0


def test_an_answer_is_judged_at_its_threshold() -> None:
    truth = Corpus(ByteColumn.from_values([b"x"] * 5), PACKED, np.array([0.9, 0.8, 0.9]))
    answer = {"threshold": 0.85, "method": "m", "pairs": [[0, 1], [0, 4]], "closed": False}
    line = judge(truth, answer)
    assert (line.pairs.precision, line.pairs.recall) == (0.5, 0.5)
    assert (line.wrongly, line.missed) == (1, 1)
    assert line.cells()[-2:] == ["1", "1"]
