"""Types of single values that several parts of a recipe share."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from codecorpus.filters.language_names import Language
from codecorpus.filters.language_names import nearest as nearest_name
from codecorpus.filters.rule import refusal
from codecorpus.pipelines.recipe.placeholders import check_placeholder
from codecorpus.pipelines.storage.locations import EXPECTED, SCHEMES, scheme_of

Item = TypeVar("Item")


class Section(BaseModel):
    """A mapping of a recipe: unknown keys are refused, and nothing changes once it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def suggestion(word: str, known: list[str]) -> str:
    """What to write instead of an unknown word."""
    like = nearest_name(word, known)
    return f"did you mean `{like}`?" if like else f"known: {', '.join(known)}"


def _distinct(items: tuple[Item, ...]) -> tuple[Item, ...]:
    for index, item in enumerate(items):
        if item in items[:index]:
            raise refusal(f"`{item}` stands twice in the list; leave one out", index)
    return items


def _name(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise refusal(f"got {text!r}; expected a name without line breaks and outer spaces")
    return text


def _path(text: str) -> str:
    if "\0" in text:
        raise refusal(f"got {text!r}; no path can hold the character NUL")
    check_placeholder(text)
    scheme = scheme_of(text)
    if scheme is not None and scheme not in SCHEMES:
        hint = "; write a file's path without `file://`" if scheme == "file" else ""
        raise refusal(f"got `{scheme}://`; {EXPECTED}{hint}")
    return text


def _table_path(text: str) -> str:
    if not text.lower().endswith((".csv", ".jsonl")):
        raise refusal(f"got `{text}`; expected the path of a .csv or .jsonl file")
    return _path(text)


def _languages_kind(value: object) -> object:
    if isinstance(value, str) and value != "all":
        like = suggestion(value, ["all"])
        hint = "did you mean `all`?" if "mean" in like else f"write [{value}] for one language"
        raise refusal(f"got `{value}`; expected `all` or a list of languages; {hint}")
    return value


Name = Annotated[str, Field(strict=True, min_length=1, max_length=100), AfterValidator(_name)]

PathText = Annotated[
    str,
    Field(strict=True, min_length=1, json_schema_extra={"expects": "a path"}),
    AfterValidator(_path),
]
"""A path as written: `~`, `*` and placeholders stay as they are until the work is planned."""

TablePath = Annotated[
    str,
    Field(strict=True, json_schema_extra={"expects": "the path of a .csv or .jsonl file"}),
    AfterValidator(_table_path),
]

LanguageList = Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(_distinct)]

Languages = Annotated[
    Literal["all"] | LanguageList,
    BeforeValidator(_languages_kind),
]
"""`all`: CodeGeeX's 23."""

Preference = Literal["source", "stars", "license", "size"]
Preferences = Annotated[tuple[Preference, ...], AfterValidator(_distinct)]
