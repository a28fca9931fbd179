"""The sources that a recipe may name: a new one is one class and one line in SOURCES."""

from typing import Annotated, Any, Literal

from pydantic import Field

from codecorpus.filters.rule import refusal
from codecorpus.pipelines.recipe.error_collector import Refusals
from codecorpus.pipelines.recipe.types import (
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


class _Reading(Section):
    """What every source says first: what it is, what it is called, what it reads."""

    type: str
    name: Name
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)]


class SourceSettings(_Reading):
    """What every source can be asked for; each kind of source adds its own keys."""

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


def _type(kind: str) -> Any:  # noqa: ANN401 - what Field itself returns
    return Field(
        default=kind,
        description="What kind of source it is.",
        examples=[kind],
        json_schema_extra={"default": "none; it must be written"},
    )


def _name(kind: str, example: str) -> Any:  # noqa: ANN401 - what Field itself returns
    return Field(
        default=kind,
        description="What the ledger calls the source; no other source of the recipe has its name.",
        examples=[example],
        json_schema_extra={"default": f"`{kind}`; `{kind}-2` for the second without a name"},
    )


def _paths(what: str, *examples: list[str]) -> Any:  # noqa: ANN401 - what Field itself returns
    return Field(
        description=f"{what} Relative ones start at "
        "the recipe's folder (at the current folder for a recipe that comes with codecorpus and is "
        "called by its name). `~` is the home folder; `*` stands for any part of one name; "
        "`{stdlib}`, `{site-packages}` and `{include}`, in quotes, stand for folders of the Python "
        "installation that runs. URLs (`s3://`, `gs://`, `hf://`, `https://`, `hdfs://`) name "
        "files elsewhere. Kept as written in the resolved recipe.",
        examples=list(examples),
        json_schema_extra={"expects": "a list of at least one path"},
    )


class _FolderReading(_Reading):
    """Keys of a folder that stand before those of every source."""

    repositories: Literal["auto", "children", "self"] = Field(
        default="auto",
        description="What is one repository. `children`: each sub-folder and each archive directly "
        "in the folder, and its loose files make one named after the folder; `self`: the folder; "
        "`auto`: `self` if it holds .git, else `children`. An archive is always one.",
        examples=["children"],
    )


class FolderSource(SourceSettings, _FolderReading):
    """Repositories in folders and archives of this machine."""

    type: Literal["folder"] = _type("folder")
    name: Name = _name("folder", "own-code")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = _paths(
        "Folders and archives (.tar.gz, .zip, .whl) to read.",
        ["~/src", "data/*.tar.gz", "{stdlib}"],
    )
    metadata: TablePath | None = Field(
        default=None,
        description="A table (.csv with a header, or .jsonl) with the columns `repository`, "
        "`stars` and `license`: what a folder does not know of its repositories; null: none.",
        examples=["repositories.csv"],
    )


class PileSource(SourceSettings):
    """The GitHub part of The Pile (arXiv 2101.00027), as released or as its downloader writes it.

    The released files name no repository and no path, the downloader's name a repository and its
    stars; the language comes from the content. Lines of The Pile's other sets are passed over.
    """

    type: Literal["pile"] = _type("pile")
    name: Name = _name("pile", "the-pile")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = _paths(
        "Files of JSON lines (.jsonl.zst, .jsonl.gz, .jsonl), and folders that hold such files.",
        ["pile/train/*.jsonl.zst"],
    )


class CodeparrotSource(SourceSettings):
    """CodeParrot's sets: `github-code`, its raw files, and `codeparrot-clean`."""

    type: Literal["codeparrot"] = _type("codeparrot")
    name: Name = _name("codeparrot", "github-code")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = _paths(
        "Files of Parquet (.parquet) or JSON lines (.json.gz, .jsonl.zst and the like), and "
        "folders that hold such files.",
        ["github-code/data", "codeparrot-clean/*.json.gz"],
    )


class GithubSource(SourceSettings):
    """Repositories that `codecorpus crawl` has fetched: stars, licence and size are known."""

    type: Literal["github"] = _type("github")
    name: Name = _name("github", "crawled")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = _paths(
        "Folders of crawls.", ["crawl"]
    )


SOURCES: dict[str, type[SourceSettings]] = {
    "folder": FolderSource,
    "pile": PileSource,
    "codeparrot": CodeparrotSource,
    "github": GithubSource,
}


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
    if kind not in SOURCES:
        hint = suggestion(str(kind), list(SOURCES))
        raise refusal(f"got `{kind}`; expected {known}; {hint}", "type")
    return SOURCES[kind].model_validate(entry)


def _named(entries: list[Any]) -> list[Any]:
    taken = {_name_in(entry) for entry in entries}
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


def _name_in(entry: object) -> str | None:
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
