"""What GitHub says of a repository, and whether the crawl wants it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.sources.opt_out import OptOut

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")
_KIB: Final = 1_024


@dataclass(frozen=True)
class Facts:
    """A repository as an answer describes it.

    Attributes:
        id: stays when it is renamed or moves to another owner.
        name: `owner/name`.
        size: of its Git data in bytes, as GitHub estimates it.
        license: SPDX identifier; None: unknown.
        created: seconds since 1970, UTC.
    """

    id: int
    name: str
    branch: str
    language: str | None
    stars: int
    size: int
    license: str | None
    created: int
    fork: bool
    mirror: bool
    archived: bool
    disabled: bool
    private: bool


def is_name(text: str) -> bool:
    """Whether a text is `owner/name`, as GitHub allows it; such a name is safe as a path."""
    return len(text) <= 150 and _NAME.fullmatch(text) is not None


def read_facts(value: Any) -> Facts:  # noqa: ANN401 - JSON
    """Facts from an answer.

    Args:
        value: what the API calls a repository: of a search result, or asked for by its name.

    Raises:
        ValueError: it is something else.
    """
    try:
        license_ = value.get("license") or {}
        facts = Facts(
            id=_whole(value["id"]),
            name=str(value["full_name"]),
            branch=str(value["default_branch"]),
            language=value["language"],
            stars=_whole(value["stargazers_count"]),
            size=_whole(value["size"]) * _KIB,
            license=license_.get("spdx_id"),
            created=int(datetime.fromisoformat(value["created_at"]).timestamp()),
            fork=bool(value["fork"]),
            mirror=bool(value.get("mirror_url")),
            archived=bool(value["archived"]),
            disabled=bool(value["disabled"]),
            private=bool(value["private"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no repository as the API describes one: {error!r}") from error
    if not is_name(facts.name):
        raise ValueError(f"{facts.name!r} is no repository's name")
    return facts


def unwanted(
    facts: Facts, settings: CrawlSettings, opt_out: OptOut, exclude: Collection[str]
) -> str | None:
    """Why a repository is not fetched; None: it is.

    Args:
        facts: of the repository.
        settings: what is wanted.
        opt_out: repositories and owners that do not want to be part of it.
        exclude: names, in lower case, that earlier sources have.
    """
    checks = (
        ("opted_out", facts.name in opt_out),
        ("excluded", facts.name.lower() in exclude),
        ("private", facts.private),
        ("disabled", facts.disabled),
        ("language", facts.language not in settings.languages),
        ("stars", facts.stars < settings.min_stars),
        ("fork", facts.fork and settings.forks == "drop"),
        ("mirror", facts.mirror and settings.mirrors == "drop"),
        ("archived", facts.archived and settings.archived == "drop"),
        ("created", not settings.created.holds(facts.created)),
        ("size", facts.size >= settings.max_repository_bytes),
    )
    return next((reason for reason, holds in checks if holds), None)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        raise TypeError(f"{value!r} where a number was expected")
    return value
