"""Finds repositories: with the search API, in files of GH Archive, and in lists of names.

A repository is identified by its id, so a renamed one counts once. The results of each request are
saved at once; a resumed crawl continues with the next page.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from codecorpus.foundation.errors import InputError
from codecorpus.pipelines.crawl.client import (
    GitHubClient,
    RequestFailedError,
    UnavailableError,
    parse_json,
)
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.query_slices import (
    MAX_RESULTS,
    PAGE_SIZE,
    Slice,
    halves,
    search_query,
)
from codecorpus.pipelines.crawl.repository import (
    RepositoryInfo,
    SkipCheck,
    is_name,
    parse_repository,
)
from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.crawl.state import CrawlState

_MAX_INCOMPLETE: Final = 3
"""A search that times out on GitHub's side is repeated so often before its slice is split."""
_BATCH: Final = 10_000


def search(
    client: GitHubClient, state: CrawlState, settings: CrawlSettings, began: int, check: SkipCheck
) -> Iterator[None]:
    """Search all slices; yields after each request.

    Args:
        client: sends the requests.
        state: stores the slices and the repositories.
        settings: of the crawl.
        began: when the crawl began, in seconds since 1970.
        check: decides which repositories to skip.

    Raises:
        RequestFailedError: GitHub sends no usable response.
        StoppedError: the crawl is ending.
    """
    first, last = settings.created.bounds(began)
    state.slices.begin(
        Slice(language, first, last, settings.min_stars) for language in settings.languages
    )
    qualifiers = _qualifiers(settings)
    while (opened := state.slices.next()) is not None:
        number, part, page = opened
        total, complete, found = _search_page(client, search_query(part, qualifiers), page)
        parts = halves(part) if total > MAX_RESULTS or not complete else None
        if page == 1 and parts is not None:
            state.slices.split(number, total, parts)
        else:
            is_last = not found or page * PAGE_SIZE >= min(total, MAX_RESULTS)
            checked = [(info, check(info)) for info in found]
            state.slices.add_page(number, total, checked, last=is_last)
        yield


def look_up(
    client: GitHubClient, state: CrawlState, names: Sequence[str], check: SkipCheck, clock: Clock
) -> Iterator[None]:
    """Request each named repository; yields after each.

    Raises:
        StoppedError: the crawl is ending.
    """
    for name in names:
        try:
            info = get_repository(client, name)
        except UnavailableError as error:
            state.lookups.skip(name, error.reason)
        except RequestFailedError as error:
            state.lookups.fail(name, str(error), clock.now())
        else:
            state.lookups.found(name, info, check(info))
        yield


def get_repository(client: GitHubClient, name: str) -> RepositoryInfo:
    """The current description of a repository, under its new name if it was renamed.

    Raises:
        UnavailableError, RequestFailedError, StoppedError: as `GitHubClient.get`.
    """
    return parse_json(client.get(f"/repos/{name}", conditional=True), parse_repository)


def add_gharchive(state: CrawlState, path: Path) -> None:
    """Add the repositories of all events in a file of GH Archive.

    Raises:
        InputError: it cannot be read.
    """
    seen: dict[str, int | None] = {}
    for name, identity in _events(path):
        seen.setdefault(name, identity)
        if len(seen) >= _BATCH:
            state.lookups.add(sorted(seen.items()))
            seen.clear()
    state.lookups.add(sorted(seen.items()))


def _qualifiers(settings: CrawlSettings) -> tuple[str, ...]:
    # A search excludes forks unless `fork:true` is given (GitHub, "Searching for repositories").
    size = -(-settings.max_repository_bytes // 1_024)
    return (
        f"size:<{size}",
        *(["fork:true"] if settings.forks == "keep" else []),
        *(["mirror:false"] if settings.mirrors == "drop" else []),
        *(["archived:false"] if settings.archived == "drop" else []),
    )


def _search_page(
    client: GitHubClient, query: str, page: int
) -> tuple[int, bool, list[RepositoryInfo]]:
    """A page of results: their total number, whether the search was complete, repositories."""
    for _ in range(_MAX_INCOMPLETE):
        response = client.get(
            "/search/repositories",
            resource="search",
            parameters={
                "q": query,
                "sort": "stars",
                "order": "desc",
                "per_page": PAGE_SIZE,
                "page": page,
            },
        )
        total, complete, items = parse_json(response, _parse_page)
        if complete:
            break
    return total, complete, items


def _parse_page(value: Any) -> tuple[int, bool, list[RepositoryInfo]]:  # noqa: ANN401 - JSON
    try:
        total, complete = int(value["total_count"]), not value["incomplete_results"]
        return total, complete, [parse_repository(item) for item in value["items"]]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a page of search results: {error!r}") from error


def _events(path: Path) -> Iterator[tuple[str, int | None]]:
    """Name and id of each event's repository; lines that are not events are ignored."""
    try:
        with path.open("rb") as file, gzip.open(file) as lines:
            for line in lines:
                yield from _repository_of(line)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path}: {error}; expected a file of GH Archive: JSON lines, compressed with gzip"
        ) from error


def _repository_of(line: bytes) -> Iterator[tuple[str, int | None]]:
    try:
        event = json.loads(line)
        repository = event.get("repo") or event.get("repository") or {}
        name, owner = repository.get("name"), repository.get("owner")
    except (ValueError, AttributeError):
        return
    if isinstance(owner, str) and isinstance(name, str):  # events from before 2015
        name = f"{owner}/{name}"
    identity = repository.get("id")
    if isinstance(name, str) and is_name(name):
        yield name, identity if type(identity) is int and 0 < identity < 1 << 53 else None
