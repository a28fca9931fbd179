"""The differences between two recipes are listed, one per line."""

from typing import Any

import pytest

from codecorpus.pipelines.recipe.diff import differences
from codecorpus.pipelines.recipe.model import Recipe


def recipe(**more: Any) -> Recipe:
    values = {
        "name": "x",
        "sources": [{"type": "folder", "paths": ["a"]}],
        "filters": {"file_size": {}, "digit_ratio": {}},
        **more,
    }
    return Recipe.model_validate(values)


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({}, []),
        ({"part_bytes": 5}, ["part_bytes: 33554432 -> 5"]),
        (
            {"filters": {"file_size": {"max": 204_800}, "digit_ratio": {}}},
            ["filters.file_size.max: 102400 -> 204800"],
        ),
        (
            {"filters": {"file_size": {}}},
            ["filters.digit_ratio: {min: null, max: 0.2, languages: {}} -> absent"],
        ),
        (
            {"filters": {"digit_ratio": {}, "file_size": {}}},
            ["filters: run in the order file_size, digit_ratio -> digit_ratio, file_size"],
        ),
        (
            {"deduplicate": {"near": False}},
            [
                "deduplicate.near: {ngram: 5, permutations: 256, threshold: 0.85, "
                "exact_margin: 1.0, seed: 1} -> false"
            ],
        ),
        (
            {"sources": [{"type": "folder", "paths": ["a", "b"], "min_stars": 1}]},
            ["sources[0].paths: [a] -> [a, b]", "sources[0].min_stars: null -> 1"],
        ),
        ({"languages": ["C"]}, ["languages: all -> [C]", "sources[0].languages: all -> [C]"]),
        ({"deduplicate": {"exact": False}}, ["deduplicate.exact: true -> false"]),
    ],
)
def test_each_difference_is_a_line(changed: dict[str, Any], lines: list[str]) -> None:
    assert differences(recipe(), recipe(**changed)) == lines
    assert differences(recipe().to_yaml(), recipe(**changed)) == lines


def test_an_added_source_is_one_line() -> None:
    entry = {"type": "folder", "paths": ["a"]}
    (line,) = differences(recipe(), recipe(sources=[entry, entry]))
    assert line.startswith("sources[1]: absent -> {")


def test_the_number_1_differs_from_true() -> None:
    assert differences("a: 1\n", "a: true\n") == ["a: 1 -> true"]


def test_a_recipe_with_unknown_keys_can_be_compared() -> None:
    old = recipe().to_yaml() + "forgotten: 1\n"
    assert differences(old, recipe()) == ["forgotten: 1 -> absent"]
