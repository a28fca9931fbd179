"""Which repositories there are: by the search API, by files of GH Archive, by lists of names.

Whatever way one comes in, it is known by its id, so a renamed one counts once. What is found is
written down page by page; a crawl that goes on asks for the next page.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from codecorpus.foundation.errors import InputError
from codecorpus.pipelines.crawl.client import Api, GoneError, LaterError, parsed
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.query_slices import MOST_RESULTS, PAGE, Slice, halves, query
from codecorpus.pipelines.crawl.repository import Facts, is_name, read_facts
from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.crawl.state import State

Unwanted = Callable[[Facts], str | None]
"""Why a repository is not fetched; None: it is."""

_MOST_INCOMPLETE: Final = 3
"""A search that runs out of time on GitHub's side is asked for so often before it is cut."""
_BATCH: Final = 10_000


def search(
    api: Api, state: State, settings: CrawlSettings, began: int, unwanted: Unwanted
) -> Iterator[None]:
    """Go through all slices; yields after each request.

    Args:
        api: asks.
        state: where the slices stand.
        settings: what is looked for.
        began: when the crawl began, in seconds since 1970.
        unwanted: decides on each repository.

    Raises:
        LaterError: GitHub gives no answer that can be used.
        StoppedError: the crawl ends.
    """
    first, last = settings.created.bounds(began)
    state.slices.begin(
        Slice(language, first, last, settings.min_stars) for language in settings.languages
    )
    qualifiers = _qualifiers(settings)
    while (opened := state.slices.next()) is not None:
        number, box, page = opened
        total, complete, found = _page(api, query(box, qualifiers), page)
        parts = halves(box) if total > MOST_RESULTS or not complete else None
        if page == 1 and parts is not None:
            state.slices.split(number, total, parts)
        else:
            seen = page * PAGE
            last_page = not found or seen >= min(total, MOST_RESULTS)
            state.slices.add_page(
                number, total, [(facts, unwanted(facts)) for facts in found], last=last_page
            )
        yield


def look_up(
    api: Api, state: State, names: Sequence[str], unwanted: Unwanted, clock: Clock
) -> Iterator[None]:
    """Ask for the repositories of names; yields after each.

    Raises:
        StoppedError: the crawl ends.
    """
    for name in names:
        try:
            facts = repository(api, name)
        except GoneError as gone:
            state.names.skip(name, gone.reason)
        except LaterError as later:
            state.names.fail(name, str(later), clock.now())
        else:
            state.names.found(name, facts, unwanted(facts))
        yield


def repository(api: Api, name: str) -> Facts:
    """What a repository is now; one that moved is followed.

    Raises:
        GoneError, LaterError, StoppedError: as of `Api.get`.
    """
    return parsed(api.get(f"/repos/{name}", conditional=True), read_facts)


def add_archive(state: State, path: Path) -> None:
    """Take up the repositories of the events in a file of GH Archive.

    Raises:
        InputError: it cannot be read.
    """
    seen: dict[str, int | None] = {}
    for name, identity in _events(path):
        seen.setdefault(name, identity)
        if len(seen) >= _BATCH:
            state.names.add(sorted(seen.items()))
            seen.clear()
    state.names.add(sorted(seen.items()))


def add_names(state: State, names: Iterable[str]) -> None:
    """Take up repositories by name."""
    state.names.add([(name, None) for name in names])


def _qualifiers(settings: CrawlSettings) -> tuple[str, ...]:
    # A search leaves forks out unless it is told otherwise (GitHub, "Searching for repositories").
    size = -(-settings.max_repository_bytes // 1_024)
    return (
        f"size:<{size}",
        *(["fork:true"] if settings.forks == "keep" else []),
        *(["mirror:false"] if settings.mirrors == "drop" else []),
        *(["archived:false"] if settings.archived == "drop" else []),
    )


def _page(api: Api, text: str, page: int) -> tuple[int, bool, list[Facts]]:
    """A page of a search: results in all, whether GitHub looked at everything, repositories."""
    for _ in range(_MOST_INCOMPLETE):
        found = api.get(
            "/search/repositories",
            resource="search",
            parameters={
                "q": text,
                "sort": "stars",
                "order": "desc",
                "per_page": PAGE,
                "page": page,
            },
        )
        total, complete, items = parsed(found, _read_page)
        if complete:
            break
    return total, complete, items


def _read_page(value: Any) -> tuple[int, bool, list[Facts]]:  # noqa: ANN401 - JSON
    try:
        total, complete = int(value["total_count"]), not value["incomplete_results"]
        return total, complete, [read_facts(item) for item in value["items"]]
    except (KeyError, TypeError) as error:
        raise ValueError(f"it is no page of search results: {error!r}") from error


def _events(path: Path) -> Iterator[tuple[str, int | None]]:
    """Name and id of each event's repository; lines that are no events are passed over."""
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
        where = event.get("repo") or event.get("repository") or {}
        name, owner = where.get("name"), where.get("owner")
    except (ValueError, AttributeError):
        return
    if isinstance(owner, str) and isinstance(name, str):  # events of before 2015
        name = f"{owner}/{name}"
    identity = where.get("id")
    if isinstance(name, str) and is_name(name):
        yield name, identity if type(identity) is int and 0 < identity < 1 << 53 else None
