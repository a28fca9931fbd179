"""A language's name as a recipe writes it, and the nearest name where it is none."""

import difflib
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from codecorpus.filters.languages.table import LANGUAGES

_COMMON = {
    "bash": "Shell",
    "cc": "C++",
    "cpp": "C++",
    "cs": "C#",
    "csharp": "C#",
    "cu": "Cuda",
    "golang": "Go",
    "js": "JavaScript",
    "latex": "TeX",
    "objc": "Objective-C",
    "py": "Python",
    "rs": "Rust",
    "sh": "Shell",
    "ts": "TypeScript",
}
"""Short names that people write; no measure of likeness finds what they mean."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name most like `word`, case and `-` for `_` aside; None if none is like it."""
    folded = {name.lower().replace("-", "_"): name for name in known}
    like = difflib.get_close_matches(word.lower().replace("-", "_"), folded, n=1)
    return folded[like[0]] if like else None


def _known(name: str) -> str:
    if name in LANGUAGES:
        return name
    like = _COMMON.get(name.lower()) or nearest(name, LANGUAGES)
    hint = f"did you mean `{like}`?" if like else f"known: {', '.join(LANGUAGES)}"
    message = f"got `{name}`; expected the name of a language; {hint}"
    raise PydanticCustomError("refused", "{message}", {"message": message})


Language = Annotated[
    str,
    Field(strict=True, json_schema_extra={"expects": "the name of a language"}),
    AfterValidator(_known),
]
"""One of `filters.languages.LANGUAGES`, spelled as there."""
