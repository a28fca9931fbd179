"""Fixtures that write recipes to files and return the mistakes in them."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from codecorpus.foundation.config_files.errors import ConfigError
from codecorpus.pipelines.recipe.loader import load, loads

MINIMAL = "name: x\nsources: [{type: folder, paths: [src]}]\n"


@pytest.fixture
def mistakes() -> Callable[[str], list[str]]:
    """Return the mistakes in a recipe's text, each as `LINE: TEXT`."""

    def find(text: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            loads(textwrap.dedent(text), file="f")
        assert str(caught.value) == "\n".join(map(str, caught.value.mistakes))
        assert caught.value.exit_code == 2
        return [str(mistake).removeprefix("f:") for mistake in caught.value.mistakes]

    return find


@pytest.fixture
def mistake(mistakes: Callable[[str], list[str]]) -> Callable[[str], str]:
    """Return the only mistake in lines added to a valid recipe, which start at line 3."""

    def find(text: str) -> str:
        (only,) = mistakes(MINIMAL + textwrap.dedent(text))
        return only

    return find


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], str]:
    """Write a file to the test's folder and return its path."""

    def to(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return str(path)

    return to


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str], list[str]]:
    """Return the mistakes in a recipe's file, with paths relative to the test's folder."""

    def find(path: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(path)
        return [str(each).replace(f"{tmp_path}/", "") for each in caught.value.mistakes]

    return find
