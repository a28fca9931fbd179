"""A linear model counts each known feature once, sums integers, and has margins over groups."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.languages.classifier.linear import Linear, best_class, find_slots, score

TAGS = np.array([7, 0, 9, 5], np.uint16)
SLOT_BITS = 2


def feature(slot: int, tag: int) -> int:
    return slot << 62 | 0xABC << 30 | tag


def found(features: list[int]) -> list[int]:
    out = np.empty(len(features), np.int32)
    seen = np.zeros(len(TAGS), np.int64)
    count = find_slots(np.array(features, np.uint64), TAGS, SLOT_BITS, seen, 1, out)
    return [int(slot) for slot in out[:count]]


def test_a_feature_is_known_by_the_tag_of_its_slot() -> None:
    assert found([feature(0, 7), feature(2, 9)]) == [0, 2]
    assert found([feature(0, 8), feature(2, 7)]) == []


def test_an_empty_slot_knows_no_feature() -> None:
    assert found([feature(1, 0)]) == []


def test_repeated_features_count_once() -> None:
    assert found([feature(3, 5)] * 9) == [3]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_scores_are_sums_of_weights_plus_the_bias_times_the_root(slots: list[int]) -> None:
    weights = np.array([[1, -2], [127, -127], [-128, 3], [0, 5]], np.int8)
    bias = np.array([10, -4], np.int32)
    scores = np.empty(2, np.int64)
    score(np.array(slots, np.int32), weights, bias, scores)
    expected = weights[slots].astype(int).sum(axis=0) + int(len(slots) ** 0.5) * bias
    assert scores.tolist() == expected.tolist()


def test_the_margin_is_over_the_best_class_of_another_group() -> None:
    scores = np.array([50, 90, 80, 20])
    assert best_class(scores, np.array([0, 1, 1, 2])) == (1, 40)
    assert best_class(scores, np.arange(4)) == (1, 10)


def test_the_first_of_equal_classes_is_best() -> None:
    assert best_class(np.array([3, 3, 3]), np.arange(3)) == (0, 0)


def test_log_odds_are_margins_divided_by_root_and_temperature() -> None:
    linear = Linear(TAGS, np.zeros((4, 2), np.int8), np.zeros(2, np.int32), temperature=5.0)
    assert linear.log_odds(np.array([60, 0]), np.array([9, 0])).tolist() == [4.0, 0.0]
