"""Settings that all sources share, and the types of values in recipes.

The settings class of a source extends `SourceSettings`, and is defined beside its reader.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from codecorpus.filters.language_names import Language
from codecorpus.foundation.config_files.refusals import refusal
from codecorpus.foundation.similar_names import nearest as nearest_name
from codecorpus.pipelines.sources.base import Source
from codecorpus.pipelines.sources.placeholders import check_placeholder
from codecorpus.pipelines.storage.locations import EXPECTED, SCHEMES, Location, scheme_of

Item = TypeVar("Item")


class Section(BaseModel):
    """A mapping of a recipe; immutable, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def suggestion(word: str, known: list[str]) -> str:
    """A hint for an unknown word: the most similar known one, or all of them."""
    like = nearest_name(word, known)
    return f"did you mean `{like}`?" if like else f"known: {', '.join(known)}"


def distinct(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Refuse a list with duplicate items."""
    for index, item in enumerate(items):
        if item in items[:index]:
            raise refusal(f"`{item}` is in the list twice; remove one", index)
    return items


def _name(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise refusal(f"got {text!r}; expected a name without line breaks or surrounding spaces")
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
"""A path as written; `~`, `*` and placeholders are expanded when the work is planned."""

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
"""`all`: CodeGeeX's 23."""

RepositoryBytes = Annotated[
    int, Field(strict=True, ge=1, le=2**63 - 1, json_schema_extra={"unit": "bytes"})
]
Stars = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1, json_schema_extra={"unit": "stars"})]


class Reading(Section):
    """The first keys of every source."""

    type: str
    name: Name
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)]


class SourceSettings(Reading):
    """Keys that every source has; each type of source adds its own."""

    min_stars: Stars | None = Field(
        default=None,
        description="The fewest stars of a repository that is read, if the source knows them; "
        "null: no limit.",
        examples=[1],
    )
    max_repository_bytes: RepositoryBytes | None = Field(
        default=None,
        description="Only smaller repositories are read, if the source knows the size; null: no "
        "limit.",
        examples=[10_485_760],
    )
    unknown: Literal["keep", "drop"] = Field(
        default="keep",
        description="What to do with a repository whose stars or size are needed for a limit, but "
        "unknown to the source.",
        examples=["drop"],
    )
    languages: Languages | None = Field(
        default=None,
        description="The languages to keep from this source, instead of the recipe's `languages`.",
        examples=[["C++", "Python", "Java"]],
        json_schema_extra={
            "expects": "`all` or a list of languages",
            "default": "the recipe's `languages`",
        },
    )

    def source(
        self,
        paths: Sequence[Location],
        *,
        base: Path | None = None,
        exclude: Location | None = None,
    ) -> Source:
        """The source with these settings.

        Args:
            paths: the files and folders that the settings' paths name; empty to read planned parts.
            base: the folder that other relative paths in the settings start from.
            exclude: a folder to leave out, such as the output folder.
        """
        raise NotImplementedError


def type_field(kind: str) -> Any:  # noqa: ANN401 - what Field itself returns
    """The field `type` of a source's settings."""
    return Field(
        default=kind,
        description="The type of the source.",
        examples=[kind],
        json_schema_extra={"default": "none; required"},
    )


def name_field(kind: str, example: str) -> Any:  # noqa: ANN401 - what Field itself returns
    """The field `name` of a source's settings."""
    return Field(
        default=kind,
        description="The source's name in the ledger; unique in the recipe.",
        examples=[example],
        json_schema_extra={"default": f"`{kind}`; `{kind}-2` for the second without a name"},
    )


def paths_field(what: str, *examples: list[str]) -> Any:  # noqa: ANN401 - what Field itself returns
    """The field `paths` of a source's settings; `what` is a sentence that says what they name."""
    return Field(
        description=f"{what} Relative paths start from the recipe's folder, or from the current "
        "folder for a built-in recipe that is called by its name. `~` is the home folder, and `*` "
        "matches any part of one name. `{stdlib}`, `{site-packages}` and `{include}`, in quotes, "
        "are folders of the running Python installation. URLs (`s3://`, `gs://`, `hf://`, "
        "`https://`, `hdfs://`) name remote files. The resolved recipe keeps paths as written.",
        examples=list(examples),
        json_schema_extra={"expects": "a list of at least one path"},
    )
