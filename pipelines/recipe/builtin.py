"""The recipes that come with codecorpus."""

import re
from pathlib import Path

from codecorpus.foundation.config_files.suggestions import nearest

_FOLDER = Path(__file__).parents[2] / "recipes"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def is_name(text: str) -> bool:
    """Whether `text` has the form of a built-in recipe's name: no slash and no suffix."""
    return _NAME.fullmatch(text) is not None


def names() -> list[str]:
    """The names of all built-in recipes, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def path_of(name: str) -> Path:
    """The path of a built-in recipe's file, whether or not it exists."""
    return _FOLDER / f"{name}.yaml"


def describe_choices(unknown: str) -> str:
    """List the built-in recipes, and suggest the one most similar to an unknown name or path."""
    like = nearest(Path(unknown).stem, names())
    hint = f"; did you mean `{like}`?" if like else ""
    return f"recipes that come with codecorpus: {', '.join(names())}{hint}"
