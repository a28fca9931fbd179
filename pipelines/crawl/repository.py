"""What GitHub reports about a repository, and whether the crawl fetches it."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.sources.opt_out import OptOut

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")
_KIB: Final = 1_024


@dataclass(frozen=True)
class RepositoryInfo:
    """A repository as the API describes it.

    Attributes:
        id: does not change when the repository is renamed or transferred.
        name: `owner/name`.
        branch: the default branch.
        size: of its Git data, in bytes, as GitHub estimates it.
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


SkipCheck = Callable[[RepositoryInfo], str | None]
"""The reason why a repository is not fetched; None: it is fetched."""


def is_name(text: str) -> bool:
    """Whether a text is `owner/name` as GitHub allows it; such a name is safe as a path."""
    return len(text) <= 150 and _NAME.fullmatch(text) is not None


def parse_repository(value: Any) -> RepositoryInfo:  # noqa: ANN401 - JSON
    """Read the JSON object of a repository.

    Args:
        value: an item of a search result, or the response to a request for the repository.

    Raises:
        ValueError: it is not such an object.
    """
    try:
        license_ = value.get("license") or {}
        info = RepositoryInfo(
            id=_integer(value["id"]),
            name=str(value["full_name"]),
            branch=str(value["default_branch"]),
            language=value["language"],
            stars=_integer(value["stargazers_count"]),
            size=_integer(value["size"]) * _KIB,
            license=license_.get("spdx_id"),
            created=int(datetime.fromisoformat(value["created_at"]).timestamp()),
            fork=bool(value["fork"]),
            mirror=bool(value.get("mirror_url")),
            archived=bool(value["archived"]),
            disabled=bool(value["disabled"]),
            private=bool(value["private"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a repository object of the API: {error!r}") from error
    if not is_name(info.name):
        raise ValueError(f"{info.name!r} is not a repository name")
    return info


def skip_reason(
    info: RepositoryInfo, settings: CrawlSettings, opt_out: OptOut, exclude: Collection[str]
) -> str | None:
    """The reason why a repository is not fetched; None: it is fetched.

    Args:
        info: the repository.
        settings: of the crawl.
        opt_out: repositories and owners that have opted out.
        exclude: names, in lower case, that earlier sources contain.
    """
    checks = (
        ("opted_out", info.name in opt_out),
        ("excluded", info.name.lower() in exclude),
        ("private", info.private),
        ("disabled", info.disabled),
        ("language", info.language not in settings.languages),
        ("stars", info.stars < settings.min_stars),
        ("fork", info.fork and settings.forks == "drop"),
        ("mirror", info.mirror and settings.mirrors == "drop"),
        ("archived", info.archived and settings.archived == "drop"),
        ("created", not settings.created.contains(info.created)),
        ("size", info.size >= settings.max_repository_bytes),
    )
    return next((reason for reason, applies in checks if applies), None)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        raise TypeError(f"expected a non-negative integer, got {value!r}")
    return value
