"""The sources that a recipe may name: a new one is one class and one line in SOURCES."""

from typing import Annotated, Any, Literal

from pydantic import Field

from filters.rule import refusal
from pipelines.recipe.nesting import Refusals
from pipelines.recipe.values import (
    Languages,
    Name,
    PathText,
    Section,
    TablePath,
    suggestion,
)

RepositoryBytes = Annotated[
    int, Field(strict=True, ge=1, le=2**63 - 1, json_schema_extra={"unit": "bytes"})
]
Stars = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1, json_schema_extra={"unit": "stars"})]


class FolderSource(Section):
    """Repositories in folders and archives of this machine."""

    type: Literal["folder"] = Field(
        default="folder",
        description="What kind of source it is.",
        examples=["folder"],
        json_schema_extra={"default": "none; it must be written"},
    )
    name: Name = Field(
        default="folder",
        description="What the ledger calls the source; no other source of the recipe has its name.",
        examples=["own-code"],
        json_schema_extra={"default": "`folder`; `folder-2` for the second without a name"},
    )
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = Field(
        description="Folders and archives (.tar.gz, .zip, .whl) to read. Relative ones start at "
        "the recipe's folder (at the current folder for a recipe that comes with codecorpus and is "
        "called by its name). `~` is the home folder; `*` stands for any part of one name; "
        "`{stdlib}`, `{site-packages}` and `{include}`, in quotes, stand for folders of the Python "
        "installation that runs. Kept as written in the resolved recipe.",
        examples=[["~/src", "data/*.tar.gz", "{stdlib}"]],
        json_schema_extra={"expects": "a list of at least one path"},
    )
    repositories: Literal["auto", "children", "self"] = Field(
        default="auto",
        description="What is one repository. `children`: each sub-folder and each archive directly "
        "in the folder, and its loose files make one named after the folder; `self`: the folder; "
        "`auto`: `self` if it holds .git, else `children`. An archive is always one.",
        examples=["children"],
    )
    min_stars: Stars | None = Field(
        default=None,
        description="Fewest stars of a repository that passes, when the source knows them; null: "
        "no limit.",
        examples=[1],
    )
    max_repository_bytes: RepositoryBytes | None = Field(
        default=None,
        description="Only repositories smaller than this pass, when the source knows the size; "
        "null: no limit.",
        examples=[10_485_760],
    )
    unknown: Literal["keep", "drop"] = Field(
        default="keep",
        description="What happens to a repository whose stars or size a limit asks for and the "
        "source does not know.",
        examples=["drop"],
    )
    languages: Languages | None = Field(
        default=None,
        description="Languages of this source that stay, whatever the recipe's `languages` are.",
        examples=[["C++", "Python", "Java"]],
        json_schema_extra={
            "expects": "`all` or a list of languages",
            "default": "the recipe's `languages`",
        },
    )
    metadata: TablePath | None = Field(
        default=None,
        description="A table (.csv with a header, or .jsonl) with the columns `repository`, "
        "`stars` and `license`: what a folder does not know of its repositories; null: none.",
        examples=["repositories.csv"],
    )


SourceSettings = FolderSource
"""Any source's settings; a union once there is a second source."""

SOURCES: dict[str, type[SourceSettings]] = {"folder": FolderSource}
PLANNED = ("pile", "codeparrot", "github")
"""Types that a later version reads."""


def read_sources(value: object) -> object:
    """Make each entry's settings by its `type`, and name those without a name.

    Raises:
        ValidationError: with all that is wrong in all entries.
    """
    if not isinstance(value, list | tuple):
        return value
    entries = _named(list(value))
    refusals = Refusals()
    for index, entry in enumerate(entries):
        with refusals.at(index):
            entries[index] = _read_source(entry)
    refusals.raise_any()
    return _unlike(entries)


def _read_source(entry: object) -> object:
    if not isinstance(entry, dict):
        return FolderSource.model_validate(entry)
    known = ", ".join(f"`{name}`" for name in SOURCES)
    if "type" not in entry:
        raise refusal(f"`type` is missing; expected {known}, as in `type: folder`")
    kind = entry["type"]
    if kind in PLANNED:
        raise refusal(f"`{kind}` comes with a later version; expected {known}", "type")
    if kind not in SOURCES:
        hint = suggestion(str(kind), list(SOURCES))
        raise refusal(f"got `{kind}`; expected {known}; {hint}", "type")
    return SOURCES[kind].model_validate(entry)


def _named(entries: list[Any]) -> list[Any]:
    taken = {_name_of(entry) for entry in entries}
    named = []
    for entry in entries:
        if isinstance(entry, dict) and "name" not in entry and isinstance(entry.get("type"), str):
            kind = entry["type"]
            choices = (kind if n == 1 else f"{kind}-{n}" for n in range(1, len(entries) + 2))
            name = next(choice for choice in choices if choice not in taken)
            taken.add(name)
            named.append({**entry, "name": name})
        else:
            named.append(entry)
    return named


def _name_of(entry: object) -> str | None:
    name = entry.get("name") if isinstance(entry, dict) else getattr(entry, "name", None)
    return name if isinstance(name, str) else None


def _unlike(entries: list[Any]) -> list[Any]:
    refusals = Refusals()
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        with refusals.at(index):
            if entry.name in seen:
                raise refusal(f"two sources are called `{entry.name}`; give one another", "name")
            seen.add(entry.name)
    refusals.raise_any()
    return entries
