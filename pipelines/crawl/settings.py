"""The recipe of a crawl: which repositories to fetch, how to find them, and with which tokens."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from codecorpus.filters.language_names import Language
from codecorpus.foundation.config_files.errors import SourceLine
from codecorpus.foundation.config_files.hints import Hints
from codecorpus.foundation.config_files.loader import load_config, read_bytes
from codecorpus.foundation.config_files.refusals import refusal
from codecorpus.pipelines.sources.placeholders import PLACEHOLDERS
from codecorpus.pipelines.sources.settings import PathText, Section

KeepOrDrop = Literal["keep", "drop"]

_GITHUB = "https://api.github.com"
_FIRST_DAY = "2007-10-01"  # before GitHub's first repository


def _date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise refusal(f"got `{text}`; expected a date such as 2008-04-10") from error
    return text


def _variable(text: str) -> str:
    if not text.isidentifier():
        raise refusal(
            f"got `{text[:4]}…`; expected the name of an environment variable, not the token itself"
        )
    return text


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise refusal(f"got `{text}`; expected a URL that begins with https://")
    return text.rstrip("/")


Date = Annotated[str, Field(strict=True), AfterValidator(_date)]


class Created(Section):
    """The range of days in which repositories were created, both ends included."""

    first: Date = Field(default=_FIRST_DAY, description="The first day, UTC.")
    last: Date | None = Field(
        default=None, description="The last day, UTC; null: until the start of the crawl."
    )

    def bounds(self, began: int) -> tuple[int, int]:
        """The first and the last second, since 1970.

        Args:
            began: when the crawl began, in seconds since 1970.
        """
        last = began if self.last is None else _timestamp(self.last) + 86_399
        return _timestamp(self.first), last

    def contains(self, created: int) -> bool:
        """Whether a time, in seconds since 1970, is in the range."""
        first, last = self.bounds(created)
        return first <= created <= last


class CrawlSettings(Section):
    """The keys of a crawl's recipe."""

    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = Field(
        description="Main languages of the repositories, by their names in codecorpus.",
        json_schema_extra={"expects": "a list of languages"},
    )
    min_stars: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] = Field(
        default=1, description="The lowest number of stars."
    )
    max_repository_bytes: Annotated[int, Field(strict=True, ge=1, le=1 << 40)] = Field(
        default=10 << 20,
        description="Repositories must be smaller than this: GitHub's estimate, the archive, and "
        "the sum of its files.",
        json_schema_extra={"unit": "bytes"},
    )
    created: Created = Field(default=Created(), description="When the repositories were created.")
    forks: KeepOrDrop = Field(default="drop", description="Forks of other repositories.")
    mirrors: KeepOrDrop = Field(
        default="drop", description="Mirrors of repositories on other hosts."
    )
    archived: KeepOrDrop = Field(default="keep", description="Archived (read-only) repositories.")
    search: StrictBool = Field(default=True, description="Find repositories with the search API.")
    gharchive: tuple[PathText, ...] = Field(
        default=(),
        description="Files of GH Archive (.json.gz): adds the repositories of their events.",
    )
    names: tuple[PathText, ...] = Field(
        default=(), description="Lists of repositories to add, one `owner/name` per line."
    )
    exclude: tuple[PathText, ...] = Field(
        default=(), description="Lists of repositories that earlier sources contain."
    )
    opt_out: PathText | None = Field(
        default=None, description="A list of repositories and owners that have opted out."
    )
    tokens: tuple[Annotated[str, Field(strict=True), AfterValidator(_variable)], ...] = Field(
        default=("GITHUB_TOKEN",), description="Environment variables that hold tokens."
    )
    base_url: Annotated[str, Field(strict=True), AfterValidator(_url)] = Field(
        default=_GITHUB, description="The URL of the API; a different one for GitHub Enterprise."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=30.0, description="Seconds without data after which a request fails."
    )
    archive_seconds: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=600.0, description="Time limit for fetching one archive, in seconds."
    )

    @model_validator(mode="after")
    def _has_an_origin(self) -> Self:
        if not (self.search or self.gharchive or self.names):
            raise refusal(
                "no way to find repositories; expected `search: true`, `gharchive` or `names`",
                "search",
            )
        return self

    def selection(self) -> dict[str, object]:
        """The settings that decide which repositories are fetched; a crawl cannot change them."""
        keys = {"languages", "min_stars", "max_repository_bytes", "created", "forks", "mirrors"}
        return self.model_dump(mode="json", include={*keys, "archived", "search", "base_url"})


@dataclass(frozen=True)
class LoadedCrawl:
    """A crawl's recipe, and the folder to which its paths are relative."""

    settings: CrawlSettings
    folder: Path

    def path(self, text: str) -> Path:
        """The absolute path of a path in the recipe."""
        return self.folder / Path(text).expanduser()


def load_crawl(path: Path) -> LoadedCrawl:
    """Read and validate a crawl's recipe.

    Raises:
        ConfigError: it cannot be read, or contains mistakes.
    """
    data = read_bytes(path, SourceLine(0, str(path), 0), "the recipe of a crawl")
    hints = Hints("a mapping of keys, at least `languages`", placeholders=PLACEHOLDERS)
    settings = load_config(data, str(path), CrawlSettings, hints=hints)
    return LoadedCrawl(settings, Path(os.path.realpath(path.parent)))


def _timestamp(day: str) -> int:
    return int(datetime.combine(date.fromisoformat(day), time(), UTC).timestamp())
