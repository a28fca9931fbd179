"""The settings that all sources share accept valid values and explain the others."""

from typing import Any

import pytest
from pydantic import ValidationError

from codecorpus.foundation.config_files.refusals import REFUSED
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.settings import SourceSettings

VALID = {"type": "folder", "paths": ["src"]}


def message(**changed: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        FolderSettings.model_validate({**VALID, **changed})
    (text,) = [error["msg"] for error in caught.value.errors() if error["type"] == REFUSED]
    return text


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": "a\nb"}, "expected a name without line breaks or outer spaces"),
        ({"name": " a"}, "expected a name without line breaks or outer spaces"),
        ({"paths": ["a\0b"]}, "NUL"),
        ({"paths": ["{stdlb}"]}, "did you mean `{stdlib}`?"),
        ({"paths": ["ftp://x/y"]}, "got `ftp://`"),
        ({"paths": ["file:///x"]}, "write a file's path without `file://`"),
        ({"languages": "al"}, "did you mean `all`?"),
        ({"languages": "Python"}, "write [Python] for one language"),
        ({"languages": ["C", "C"]}, "twice in the list"),
        ({"metadata": "stars.txt"}, "expected the path of a .csv or .jsonl file"),
    ],
)
def test_a_wrong_value_is_explained(changed: dict[str, Any], expected: str) -> None:
    assert expected in message(**changed)


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"path": "src"}, "extra_forbidden"),
        ({"min_stars": "1"}, "int_type"),
        ({"min_stars": -1}, "greater_than_equal"),
        ({"max_repository_bytes": 0}, "greater_than_equal"),
        ({"paths": []}, "too_short"),
    ],
)
def test_unknown_keys_and_numbers_as_text_are_refused(changed: dict[str, Any], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        FolderSettings.model_validate({**VALID, **changed})
    assert [error["type"] for error in caught.value.errors()] == [kind]


def test_paths_are_kept_as_written() -> None:
    paths = ("~/src/*", "{stdlib}", "s3://bucket/x")
    assert FolderSettings(paths=paths).paths == paths


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        FolderSettings(paths=("src",)).min_stars = 1


def test_settings_that_define_no_source_cannot_open_one() -> None:
    with pytest.raises(NotImplementedError):
        SourceSettings(type="x", name="x", paths=("src",)).source([], base=None, exclude=None)
