"""Settings that all sources share, and types of values in recipes.

Each source defines its own settings, a subclass of `SourceSettings`, beside its reader.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from codecorpus.filters.language_names import Language
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.config_files.refusals import refusal
from codecorpus.foundation.config_files.suggestions import nearest
from codecorpus.pipelines.sources.base import Source
from codecorpus.pipelines.sources.placeholders import check_placeholder
from codecorpus.pipelines.storage.locations import EXPECTED, SCHEMES, Location, scheme_of

Item = TypeVar("Item")


class Section(BaseModel):
    """A mapping in a recipe; unknown keys are refused, and instances are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def distinct(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return the items, or refuse a list that contains one twice."""
    for index, item in enumerate(items):
        if item in items[:index]:
            raise refusal(f"`{item}` occurs twice in the list; leave one out", index)
    return items


def _name(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise refusal(f"got {text!r}; expected a name without line breaks or outer spaces")
    return text


def _path(text: str) -> str:
    if "\0" in text:
        raise refusal(f"got {text!r}; a path cannot contain the character NUL")
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
        is_all = nearest(value, ("all", *LANGUAGES)) == "all"
        hint = "did you mean `all`?" if is_all else f"write [{value}] for one language"
        raise refusal(f"got `{value}`; expected `all` or a list of languages; {hint}")
    return value


Name = Annotated[str, Field(strict=True, min_length=1, max_length=100), AfterValidator(_name)]

PathText = Annotated[
    str,
    Field(strict=True, min_length=1, json_schema_extra={"expects": "a path"}),
    AfterValidator(_path),
]
"""A path as written; `~`, `*` and placeholders are expanded when a build is planned."""

TablePath = Annotated[
    str,
    Field(strict=True, json_schema_extra={"expects": "the path of a .csv or .jsonl file"}),
    AfterValidator(_table_path),
]

LanguageList = Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(distinct)]

Languages = Annotated[
    Literal["all"] | LanguageList,
    BeforeValidator(_languages_kind),
]
"""A list of names, or `all` for CodeGeeX's 23 languages."""

RepositoryBytes = Annotated[
    int, Field(strict=True, ge=1, le=2**63 - 1, json_schema_extra={"unit": "bytes"})
]
Stars = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1, json_schema_extra={"unit": "stars"})]


class LeadingSettings(Section):
    """The settings that come first in every source: its type, its name and its paths."""

    type: str
    name: Name
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)]


class SourceSettings(LeadingSettings):
    """The settings that all sources share; each type of source adds its own keys."""

    min_stars: Stars | None = Field(
        default=None,
        description="Repositories need at least this many stars, if the source knows them; null: "
        "no limit.",
        examples=[1],
    )
    max_repository_bytes: RepositoryBytes | None = Field(
        default=None,
        description="Repositories must be smaller than this, if the source knows their size; "
        "null: no limit.",
        examples=[10_485_760],
    )
    unknown: Literal["keep", "drop"] = Field(
        default="keep",
        description="Whether to keep or drop a repository if a limit applies to its stars or size "
        "and the source does not know them.",
        examples=["drop"],
    )
    languages: Languages | None = Field(
        default=None,
        description="Languages to keep from this source, overriding the recipe's `languages`.",
        examples=[["C++", "Python", "Java"]],
        json_schema_extra={
            "expects": "`all` or a list of languages",
            "default_text": "the recipe's `languages`",
        },
    )

    def source(
        self, paths: Sequence[Location], *, base: Path | None, exclude: Location | None
    ) -> Source:
        """Return the source that reads these paths with these settings.

        Args:
            paths: the resolved paths; empty to read parts that are already planned.
            base: the folder to which other paths in the settings are relative; None: do not read
                them, which only planning needs.
            exclude: a folder to leave out, such as the output folder.
        """
        raise NotImplementedError


def type_field(kind: str) -> Any:  # noqa: ANN401 - what Field itself returns
    """The field `type` of a source's settings."""
    return Field(
        default=kind,
        description="The type of the source.",
        examples=[kind],
        json_schema_extra={"default_text": "none; the key is required"},
    )


def name_field(kind: str, example: str) -> Any:  # noqa: ANN401 - what Field itself returns
    """The field `name` of a source's settings."""
    return Field(
        default=kind,
        description="The source's name in the ledger; sources of a recipe have different names.",
        examples=[example],
        json_schema_extra={"default_text": f"`{kind}`; `{kind}-2` for the second without a name"},
    )


def paths_field(what: str, *examples: list[str]) -> Any:  # noqa: ANN401 - what Field itself returns
    """The field `paths` of a source's settings; `what` is a sentence about the files."""
    return Field(
        description=f"{what} Relative paths "
        "start at the recipe's folder, or at the current folder if the recipe comes with "
        "codecorpus and is named without a path. `~` is the home folder; `*` matches any part of "
        "one name; `{stdlib}`, `{site-packages}` and `{include}`, in quotes, are folders of the "
        "running Python installation. URLs (`s3://`, `gs://`, `hf://`, `https://`, `hdfs://`) "
        "name remote files. The resolved recipe keeps paths as written.",
        examples=list(examples),
        json_schema_extra={"expects": "a list of at least one path"},
    )
