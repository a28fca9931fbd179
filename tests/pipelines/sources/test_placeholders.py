"""Placeholders at the beginning of a path name folders of the running Python installation."""

import sysconfig

import pytest
from pydantic import ValidationError

from codecorpus.pipelines.sources.placeholders import (
    PLACEHOLDERS,
    check_placeholder,
    fill_placeholder,
)


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_each_placeholder_is_accepted_and_filled(name: str) -> None:
    check_placeholder(f"{{{name}}}/x")
    folders = sysconfig.get_paths()
    expected = {f"{folders[key]}/x" for key in PLACEHOLDERS[name]}
    assert set(fill_placeholder(f"{{{name}}}/x")) == expected


@pytest.mark.parametrize("text", ["src", "a/{stdlib}", "{stdlib}x", "{a/b}"])
def test_a_path_without_a_leading_placeholder_stays_as_written(text: str) -> None:
    check_placeholder(text)
    assert fill_placeholder(text) == [text]


def test_equal_folders_are_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"purelib": "/p", "platlib": "/p"})
    assert fill_placeholder("{site-packages}/a") == ["/p/a"]


def test_an_unknown_placeholder_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(ValidationError) as caught:
        check_placeholder("{stdlb}/x")
    message = str(caught.value)
    assert "got `{stdlb}`" in message
    assert "{stdlib}, {site-packages}, {include}; did you mean `{stdlib}`?" in message
