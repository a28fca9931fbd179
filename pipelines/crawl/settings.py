"""A crawl's recipe: what is wanted, where it is looked for, and with which tokens."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, ValidationError, model_validator

from codecorpus.filters.language_names import Language
from codecorpus.filters.rule import refusal
from codecorpus.pipelines.recipe.errors import Mistake, Place, RecipeError
from codecorpus.pipelines.recipe.hints import explain
from codecorpus.pipelines.recipe.yaml_tree import MAX_BYTES, read
from codecorpus.pipelines.sources.settings import PathText, Section

KeepOrDrop = Literal["keep", "drop"]

_GITHUB = "https://api.github.com"
_FOUNDED = "2007-10-01"  # before GitHub's first repository


def _date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise refusal(f"got `{text}`; expected a date as in 2008-04-10") from error
    return text


def _variable(text: str) -> str:
    if not text.isidentifier():
        raise refusal(
            f"got `{text[:4]}…`; expected the name of an environment variable, not a token itself"
        )
    return text


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise refusal(f"got `{text}`; expected an address that begins with https://")
    return text.rstrip("/")


Date = Annotated[str, Field(strict=True), AfterValidator(_date)]


class Created(Section):
    """When repositories were created; both days belong to the range."""

    first: Date = Field(default=_FOUNDED, description="The first day, UTC.")
    last: Date | None = Field(
        default=None, description="The last day, UTC; null: until the crawl began."
    )

    def bounds(self, began: int) -> tuple[int, int]:
        """First and last second since 1970.

        Args:
            began: when the crawl began.
        """
        return _second(self.first), began if self.last is None else _second(self.last) + 86_399

    def holds(self, created: int) -> bool:
        """Whether a second since 1970 lies within."""
        first, last = self.bounds(created)
        return first <= created <= last


class CrawlSettings(Section):
    """What to crawl."""

    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = Field(
        description="Main languages of the repositories, as codecorpus calls them.",
        json_schema_extra={"expects": "a list of languages"},
    )
    min_stars: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] = Field(
        default=1, description="Fewest stars."
    )
    max_repository_bytes: Annotated[int, Field(strict=True, ge=1, le=1 << 40)] = Field(
        default=10 << 20,
        description="Only smaller repositories: by GitHub's estimate, by the archive, and by the "
        "sum of its files.",
        json_schema_extra={"unit": "bytes"},
    )
    created: Created = Field(default=Created(), description="When they were created.")
    forks: KeepOrDrop = Field(default="drop", description="Copies of other repositories.")
    mirrors: KeepOrDrop = Field(default="drop", description="Mirrors of other hosts.")
    archived: KeepOrDrop = Field(default="keep", description="Repositories that are read-only.")
    search: StrictBool = Field(default=True, description="Look for them with the search API.")
    gharchive: tuple[PathText, ...] = Field(
        default=(), description="Files of GH Archive (.json.gz); the repositories of their events."
    )
    names: tuple[PathText, ...] = Field(
        default=(), description="Lists of repositories, `owner/name` on each line."
    )
    exclude: tuple[PathText, ...] = Field(
        default=(), description="Lists of repositories that earlier sources have."
    )
    opt_out: PathText | None = Field(
        default=None, description="A list of repositories and owners that are left out."
    )
    tokens: tuple[Annotated[str, Field(strict=True), AfterValidator(_variable)], ...] = Field(
        default=("GITHUB_TOKEN",), description="Environment variables that hold tokens."
    )
    base_url: Annotated[str, Field(strict=True), AfterValidator(_url)] = Field(
        default=_GITHUB, description="The API; another one for GitHub Enterprise."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=30.0, description="A server that is silent for so long has stalled."
    )
    archive_seconds: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=600.0, description="Fetching one archive may take so long."
    )

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Self:
        if not (self.search or self.gharchive or self.names):
            raise refusal(
                "nothing tells what to crawl; expected `search: true`, or paths", "search"
            )
        return self

    def wanted(self) -> dict[str, object]:
        """What decides which repositories are fetched: a crawl that goes on must agree on it."""
        keys = {"languages", "min_stars", "max_repository_bytes", "created", "forks", "mirrors"}
        return self.model_dump(mode="json", include={*keys, "archived", "search", "base_url"})


@dataclass(frozen=True)
class LoadedCrawl:
    """A crawl's recipe, and the folder that its relative paths start at."""

    settings: CrawlSettings
    base: Path

    def path(self, text: str) -> Path:
        """Where a path of the recipe leads."""
        return self.base / Path(text).expanduser()


def load_crawl(path: Path) -> LoadedCrawl:
    """Read a crawl's recipe.

    Raises:
        RecipeError: it cannot be read, or holds mistakes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        text = f"cannot be read: {error.strerror}; expected a crawl's recipe"
        raise RecipeError([Mistake(Place(0, str(path), 0), text)]) from error
    mistakes: list[Mistake] = []
    tree = read(data, str(path), 0, mistakes)
    try:
        settings = CrawlSettings.model_validate(tree.plain())
    except ValidationError as error:
        raise RecipeError([*mistakes, *explain(error, tree, CrawlSettings)]) from None
    if mistakes:
        raise RecipeError(mistakes)
    return LoadedCrawl(settings, Path(os.path.realpath(path.parent)))


def _second(day: str) -> int:
    return int(datetime.combine(date.fromisoformat(day), time(), UTC).timestamp())
