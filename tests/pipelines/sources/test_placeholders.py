"""Placeholders become folders of the running Python."""

import sysconfig
from pathlib import Path

import pytest

from codecorpus.pipelines.sources.placeholders import (
    PLACEHOLDERS,
    check_placeholder,
    fill_placeholder,
)


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_each_placeholder_is_a_folder_of_this_python(name: str) -> None:
    folders = fill_placeholder(f"{{{name}}}")
    assert folders
    assert all(Path(folder).is_absolute() for folder in folders)
    assert set(folders) <= set(sysconfig.get_paths().values())


def test_what_follows_a_placeholder_is_kept() -> None:
    stdlib = sysconfig.get_paths()["stdlib"]
    assert fill_placeholder("{stdlib}/email/*.py") == [f"{stdlib}/email/*.py"]


@pytest.mark.parametrize("text", ["~/src", "a/{stdlib}", "{stdlib}x", "{a/b}", "src"])
def test_other_paths_stay_as_they_are(text: str) -> None:
    check_placeholder(text)
    assert fill_placeholder(text) == [text]


def test_an_unknown_placeholder_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"got `\{stdlb\}`.*did you mean `\{stdlib\}`\?"):
        check_placeholder("{stdlb}/x")
    with pytest.raises(ValueError, match=r"expected a path or one of \{stdlib\}"):
        check_placeholder("{}")
