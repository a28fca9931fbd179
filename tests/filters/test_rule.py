"""`Threshold`: limits, limits per language, nulls, and refused values."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from codecorpus.filters.file_size import FileSize
from codecorpus.filters.mean_line_length import MeanLineLength
from codecorpus.filters.rule import Failure, Rule
from codecorpus.filters.signals import SCHEMA


def signals(columns: Mapping[str, Sequence[Any]]) -> pa.RecordBatch:
    rows = len(next(iter(columns.values())))
    return pa.record_batch(
        [pa.array(columns.get(field.name, [None] * rows), field.type) for field in SCHEMA],
        schema=SCHEMA,
    )


def failing(rule: Rule, **columns: Sequence[Any]) -> dict[str, list[bool]]:
    found = {detail: rows.tolist() for detail, rows in rule.failures(signals(columns))}
    assert tuple(found) == rule.details()
    return found


def message(rule: type[Rule], **values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        rule.model_validate(values)
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in caught.value.errors()
    )


def test_limits_are_inclusive() -> None:
    rule = FileSize(min=10, max=20)
    assert failing(rule, size=[9, 10, 20, 21]) == {
        "min": [True, False, False, False],
        "max": [False, False, False, True],
    }


def test_a_null_signal_fails_no_limit() -> None:
    assert failing(MeanLineLength(min=5), mean_line_length=[None, None]) == {
        "min": [False, False],
        "max": [False, False],
    }


def test_a_null_limit_means_no_limit() -> None:
    rule = FileSize(min=None, max=None)
    assert failing(rule, size=[0, 2**63 - 1]) == {"min": [False, False], "max": [False, False]}


def test_sizes_beyond_float_precision_are_compared_exactly() -> None:
    limit = 2**53 + 1
    rule = FileSize(min=limit, max=limit)
    assert failing(rule, size=[limit - 1, limit, limit + 1]) == {
        "min": [True, False, False],
        "max": [False, False, True],
    }


def test_an_empty_batch_has_no_failures() -> None:
    rule = FileSize.model_validate({"languages": {"HTML": {"max": None}}})
    assert failing(rule, size=[], language=[]) == {"min": [], "max": []}


def test_a_language_uses_its_own_limits_and_others_use_the_rules() -> None:
    rule = MeanLineLength.model_validate({"max": 100, "languages": {"HTML": {"max": 300}}})
    found = failing(
        rule, mean_line_length=[200, 200, 301, 200], language=["HTML", "C", "HTML", None]
    )
    assert found["max"] == [False, True, True, True]


def test_a_limit_that_a_language_leaves_out_is_the_rules() -> None:
    rule = FileSize.model_validate({"min": 10, "languages": {"C": {"max": 200_000}}})
    assert rule.languages["C"].min == 10
    assert failing(rule, size=[9, 150_000], language=["C", "C"]) == {
        "min": [True, False],
        "max": [False, False],
    }


def test_a_null_limit_of_a_language_removes_the_rules() -> None:
    rule = FileSize.model_validate({"languages": {"C": {"max": None}}})
    assert failing(rule, size=[10**9, 10**9], language=["C", "Go"])["max"] == [False, True]


def test_limits_of_returns_the_limits_of_a_language() -> None:
    rule = FileSize.model_validate({"languages": {"C": {"max": None}}})
    assert [rule.limits_of(name) for name in ("C", "Go", None)] == [
        (1_024, None),
        (1_024, 102_400),
        (1_024, 102_400),
    ]


def test_a_dumped_rule_validates_to_an_equal_rule() -> None:
    rule = FileSize.model_validate({"languages": {"C": {"max": None}, "Go": {"min": 0}}})
    assert FileSize.model_validate(rule.model_dump()) == rule


def test_crossed_limits_are_refused() -> None:
    assert "min 30 is above max 20" in message(FileSize, min=30, max=20)
    assert "min 200000 is above max 102400" in message(FileSize, min=200_000)
    crossed = message(FileSize, languages={"C": {"max": 5}})
    assert crossed == "languages.C: min 1024 is above max 5, so no file would pass"


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"max": -1}, "max"),
        ({"max": 1.5}, "max"),
        ({"max": "1024"}, "max"),
        ({"max": True}, "max"),
        ({"max": 2**63}, "max"),
        ({"mux": 1}, "mux"),
        ({"languages": {"C": {"max": -1}}}, "languages.C.max"),
        ({"languages": {"C": None}}, "languages.C"),
        ({"languages": {"Klingon": {}}}, "languages.Klingon"),
    ],
)
def test_wrong_values_are_refused_with_their_location(values: dict[str, Any], where: str) -> None:
    assert message(FileSize, **values).startswith(where)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1])
def test_a_mean_must_be_finite_and_not_negative(value: float) -> None:
    assert message(MeanLineLength, max=value).startswith("max")


def test_rules_are_frozen() -> None:
    with pytest.raises(ValidationError):
        FileSize().max = 5


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 2**63 - 1), st.sampled_from([None, "C", "Go", "HTML"])
        ),
        max_size=30,
    ),
    st.tuples(st.integers(0, 2**62), st.integers(2**62, 2**63 - 1)),
)
def test_failures_equal_plain_arithmetic(
    rows: list[tuple[int | None, str | None]], limits: tuple[int, int]
) -> None:
    low, high = limits
    rule = FileSize.model_validate(
        {"min": low, "max": high, "languages": {"C": {"max": None}, "Go": {"min": 2**62}}}
    )
    lows = {"Go": 2**62}
    found = failing(rule, size=[size for size, _ in rows], language=[name for _, name in rows])
    assert found["min"] == [
        size is not None and size < lows.get(name or "", low) for size, name in rows
    ]
    assert found["max"] == [size is not None and name != "C" and size > high for size, name in rows]


def test_a_failure_has_a_detail_and_a_mask() -> None:
    detail, rows = next(iter(FileSize().failures(signals({"size": [1]}))))
    assert Failure(detail, rows).detail == "min"
    assert rows.dtype == bool
