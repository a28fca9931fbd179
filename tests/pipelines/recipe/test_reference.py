"""The reference page is current and complete, and its examples are valid."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from codecorpus.filters.rules import RULES
from codecorpus.pipelines.corpus.reasons import reasons
from codecorpus.pipelines.recipe.model import Deduplicate, Encode, Near, Recipe
from codecorpus.pipelines.recipe.reference import render
from codecorpus.pipelines.sources.registry import SOURCES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "recipe.md"
SECTIONS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (Recipe, {"name": "x", "sources": [{"type": "folder", "paths": ["x"]}]}),
    *((source, {"type": name, "paths": ["x"]}) for name, source in SOURCES.items()),
    (Deduplicate, {}),
    (Near, {}),
    (Encode, {}),
    *((rule, {}) for rule in RULES.values()),
]


def examples() -> Iterator[tuple[type[BaseModel], dict[str, Any]]]:
    for model, needed in SECTIONS:
        for name, field in model.model_fields.items():
            for example in field.examples or []:
                yield model, {**needed, name: example}


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == render(), (
        "run: python -m codecorpus.pipelines.recipe.reference > docs/reference/recipe.md"
    )


def test_the_page_contains_every_key_and_rule() -> None:
    page = render()
    for model, _ in SECTIONS:
        for name in model.model_fields:
            assert f".{name}`\n" in page or f"### `{name}`\n" in page
    for name in RULES:
        assert f"### Rule `{name}`\n" in page


def test_the_page_lists_the_reasons_in_order() -> None:
    page = render()
    places = [page.index(f"| `{reason}` |") for reason in reasons(RULES)]
    assert places == sorted(places)


@pytest.mark.parametrize(("model", "values"), list(examples()))
def test_every_example_is_accepted(model: type[BaseModel], values: dict[str, Any]) -> None:
    assert model.model_validate(values) is not None


def test_the_reasons_of_a_recipe_follow_its_filters() -> None:
    recipe = Recipe.model_validate(
        {
            "name": "x",
            "sources": [{"type": "folder", "paths": ["x"]}],
            "filters": {"alphabet_ratio": {}, "file_size": {}},
        }
    )
    found = reasons(recipe.rules())
    first = found.index("language.not_selected")
    assert found[first : first + 6] == [
        "language.not_selected",
        "alphabet_ratio.min",
        "alphabet_ratio.max",
        "file_size.min",
        "file_size.max",
        "repository.earlier_source",
    ]
    assert found[-2:] == ["exact_duplicate", "near_duplicate"]
