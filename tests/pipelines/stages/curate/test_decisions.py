"""The first reason counts."""

import numpy as np
import pyarrow as pa

from codecorpus.pipelines.stages.curate.decisions import Decisions


def test_later_reasons_are_ignored() -> None:
    decisions = Decisions(3)
    decisions.drop(np.array([True, False, False]), "first")
    decisions.drop(np.array([True, True, False]), "second")
    assert decisions.to_arrow().to_pylist() == ["first", "second", None]
    assert decisions.undecided.tolist() == [False, False, True]


def test_each_row_may_have_its_own_reason() -> None:
    decisions = Decisions(4)
    decisions.drop(np.array([False, True, False, False]), "before")
    decisions.drop_each(pa.array(["a", "b", None, "a"]))
    assert decisions.to_arrow().to_pylist() == ["a", "before", None, "a"]


def test_no_rows() -> None:
    decisions = Decisions(0)
    decisions.drop_each(pa.array([], pa.string()))
    assert decisions.to_arrow().to_pylist() == []
