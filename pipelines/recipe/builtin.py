"""The recipes that come with codecorpus, by their names."""

import re
from pathlib import Path

from codecorpus.filters.language_names import nearest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def is_name(text: str) -> bool:
    """Whether `text` is a shipped recipe's name rather than a path (which has a / or a suffix)."""
    return _NAME.fullmatch(text) is not None


def folder() -> Path:
    """The package's folder of recipes."""
    return Path(__file__).parents[2] / "recipes"


def names() -> list[str]:
    """The names of all shipped recipes, sorted."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def path_of(name: str) -> Path:
    """The file of a shipped recipe, whether or not there is one."""
    return folder() / f"{name}.yaml"


def choices(wanted: str) -> str:
    """The end of a message about a recipe that is not found."""
    like = nearest(Path(wanted).stem, names())
    hint = f"; did you mean `{like}`?" if like else ""
    return f"recipes that come with codecorpus: {', '.join(names())}{hint}"
