"""Values that the settings of sources accept and refuse."""

from typing import Any

import pytest
from pydantic import ValidationError

from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.registry import SOURCES
from codecorpus.pipelines.sources.settings import suggestion


def refusal(**values: Any) -> str:
    with pytest.raises(ValidationError) as error:
        FolderSettings.model_validate({"paths": ["src"], **values})
    return str(error.value)


def test_the_defaults_limit_nothing() -> None:
    settings = FolderSettings(paths=("src",))
    assert (settings.min_stars, settings.max_repository_bytes) == (None, None)
    assert (settings.unknown, settings.languages) == ("keep", None)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("paths", [], "at least 1 item"),
        ("paths", ["a\0b"], "NUL"),
        ("paths", ["ftp://x/y"], "got `ftp://`"),
        ("paths", ["file:///x"], "without `file://`"),
        ("paths", ["{home}/x"], "expected a path or one of"),
        ("name", " x", "surrounding spaces"),
        ("name", "a\nb", "line breaks"),
        ("metadata", "stars.xlsx", "expected the path of a .csv or .jsonl file"),
        ("min_stars", -1, "greater than or equal to 0"),
        ("min_stars", "1", "valid integer"),
        ("max_repository_bytes", 0, "greater than or equal to 1"),
        ("languages", "Python", r"write [Python] for one language"),
        ("languages", "al", "did you mean `all`?"),
        ("languages", ["Python", "Python"], "`Python` is in the list twice"),
        ("languages", ["Pyhton"], "Python"),
        ("unknown", "skip", "'keep' or 'drop'"),
        ("stars", 1, "Extra inputs are not permitted"),
    ],
)
def test_wrong_values_are_refused(key: str, value: object, message: str) -> None:
    assert message in refusal(**{key: value})


def test_languages_are_all_or_a_list() -> None:
    assert FolderSettings.model_validate({"paths": ["x"], "languages": "all"}).languages == "all"
    chosen = FolderSettings.model_validate({"paths": ["x"], "languages": list(LANGUAGES)})
    assert chosen.languages == tuple(LANGUAGES)


@pytest.mark.parametrize("name", SOURCES)
def test_each_key_has_a_description_and_an_example(name: str) -> None:
    for field in SOURCES[name].model_fields.values():
        assert field.description
        assert field.examples


def test_a_suggestion_names_the_nearest_word_or_all() -> None:
    assert suggestion("foldr", ["folder", "pile"]) == "did you mean `folder`?"
    assert suggestion("xyzzy", ["folder", "pile"]) == "known: folder, pile"
