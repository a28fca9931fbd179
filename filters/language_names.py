"""Validate the name of a language in a recipe, and suggest the nearest known name."""

from typing import Annotated

from pydantic import AfterValidator, Field

from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.config_files.refusals import refusal
from codecorpus.foundation.config_files.suggestions import suggestion

_SHORT_NAMES = {
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
"""Common short names, which are too different for `suggestion` to find."""


def _check_known(name: str) -> str:
    if name in LANGUAGES:
        return name
    hint = suggestion(_SHORT_NAMES.get(name.lower(), name), LANGUAGES)
    raise refusal(f"got `{name}`; expected the name of a language; {hint}")


Language = Annotated[
    str,
    Field(strict=True, json_schema_extra={"expects": "the name of a language"}),
    AfterValidator(_check_known),
]
"""One of `filters.languages.LANGUAGES`, spelled exactly."""
