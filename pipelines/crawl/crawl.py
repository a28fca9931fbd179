"""A crawl from its recipe to its folder.

    discover  search | GH Archive | names  -> repositories, by id
    fetch     repository -> commit -> archive, many at once
    list      repositories.jsonl: what a build reads

    repositories/owner/name@commit.tar.gz   as GitHub gives them
    repositories.jsonl                      a line each, by id
    crawl.sqlite                            where the crawl stands

Each step leaves what it found in the state, so the same command goes on where an earlier one ended.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from codecorpus.foundation.errors import RetryableError, StorageError, UsageError
from codecorpus.pipelines.crawl.client import Api, LaterError
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.discovery import Unwanted, add_archive, add_names, look_up, search
from codecorpus.pipelines.crawl.fetch_jobs import ARCHIVES, TEMPORARY, Carrier, archive_name
from codecorpus.pipelines.crawl.progress import CrawlDisplay
from codecorpus.pipelines.crawl.rate_limits import Budgets, Token
from codecorpus.pipelines.crawl.repository import Facts, unwanted
from codecorpus.pipelines.crawl.resolve import Resolver
from codecorpus.pipelines.crawl.scheduler import Fetching
from codecorpus.pipelines.crawl.settings import CrawlSettings, LoadedCrawl
from codecorpus.pipelines.crawl.state import State
from codecorpus.pipelines.sources.github import LISTING
from codecorpus.pipelines.sources.opt_out import OptOut, read_names, read_opt_out

STATE: Final = "crawl.sqlite"

_OURS: Final = {ARCHIVES, TEMPORARY, LISTING, STATE, f"{STATE}-wal", f"{STATE}-shm"}
_MORE_RESOLVERS: Final = 3
"""Beyond one a token, so that one that waits for a server to recover holds up no other."""


@dataclass(frozen=True)
class Outcome:
    """What a crawl came to.

    Attributes:
        counts: how many repositories and names are in each state, for each reason.
        beyond_reach: results that the search has and cannot give (`Slices.beyond_reach`).
        due: when the first of those that failed is tried again, in seconds since 1970; None: none
            failed.
    """

    counts: dict[tuple[str, str | None], int]
    beyond_reach: int = 0
    due: int | None = None

    def of(self, state: str) -> int:
        """How many are in a state."""
        return sum(number for (each, _), number in self.counts.items() if each == state)


def crawl(
    loaded: LoadedCrawl,
    out: Path,
    *,
    carrier: Carrier,
    clock: Clock,
    console: Console,
    environment: Mapping[str, str],
    refresh: bool = False,
) -> Outcome:
    """Crawl, or go on crawling.

    Args:
        loaded: the recipe.
        out: the folder.
        carrier: fetches the archives.
        clock: tells the time and waits.
        console: shows progress if it is a terminal.
        environment: holds the tokens.
        refresh: ask again about what an earlier run has fetched.

    Raises:
        CodecorpusError: as its text says; what is done stays done.
    """
    settings = loaded.settings
    opt_out = read_opt_out(loaded.path(settings.opt_out) if settings.opt_out else None)
    excluded = {
        name.lower()
        for text in settings.exclude
        for name in read_names(loaded.path(text), owners=False)
    }

    def decide(facts: Facts) -> str | None:
        return unwanted(facts, settings, opt_out, excluded)

    tokens = _tokens(settings, environment)
    budgets = Budgets(tokens, clock)
    _prepare(out)
    with ExitStack() as stack:
        state = stack.enter_context(closing(State(out / STATE)))
        began = _begin(state, settings, clock)
        _tidy(out / TEMPORARY, ())
        if refresh:
            state.refresh()
        _leave_out(state, opt_out)
        api = Api(settings.base_url, budgets, clock, state, timeout=settings.timeout_seconds)
        stack.enter_context(closing(api))
        display = stack.enter_context(CrawlDisplay(console, budgets, state, clock))
        _discover(loaded, api, state, clock, began, decide, display)
        display.begin_fetching(state.repositories.number_pending(clock.now()))
        Fetching(
            Resolver(api, state, clock, out, settings.max_repository_bytes, decide),
            state,
            clock,
            carrier,
            resolvers=len(tokens) + _MORE_RESOLVERS,
            watcher=display,
        ).run()
        _tidy(out / ARCHIVES, _expected(state, out))
        _list(state, out)
        return Outcome(state.counts(), state.slices.beyond_reach(), state.waiting()[1])


def _tokens(settings: CrawlSettings, environment: Mapping[str, str]) -> list[Token]:
    found = [
        Token(name, secret) for name in settings.tokens if (secret := environment.get(name, ""))
    ]
    return found or [Token("", None)]


def _prepare(out: Path) -> None:
    try:
        if out.exists() and (strange := sorted({each.name for each in out.iterdir()} - _OURS)):
            raise UsageError(
                f"{out} holds {', '.join(strange[:3])} but no crawl of ours; give --out a folder "
                "that is empty or new"
            )
        (out / TEMPORARY).mkdir(parents=True, exist_ok=True)
        (out / ARCHIVES).mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(f"{out}: {error}; give --out a folder that can be written to") from error


def _begin(state: State, settings: CrawlSettings, clock: Clock) -> int:
    """When the crawl in this folder began.

    Raises:
        UsageError: it wanted something else.
    """
    wanted = json.dumps(settings.wanted(), sort_keys=True)
    before = state.fact("wanted", wanted)
    if before != wanted:
        old, new = json.loads(before), json.loads(wanted)
        keys = ", ".join(f"{key} was {old.get(key)}" for key in new if old.get(key) != new[key])
        raise UsageError(
            f"the folder holds a crawl that wanted something else ({keys}); give another --out"
        )
    return int(state.fact("began", str(int(clock.now()))))


def _leave_out(state: State, opt_out: OptOut) -> None:
    """Honour a list that has grown since: what is on it now is not kept either."""
    for row in state.repositories.wanted():
        if row["name"] in opt_out:
            state.repositories.skip(row["id"], "opted_out")


def _discover(
    loaded: LoadedCrawl,
    api: Api,
    state: State,
    clock: Clock,
    began: int,
    decide: Unwanted,
    display: CrawlDisplay,
) -> None:
    settings = loaded.settings
    if settings.search:
        try:
            for _ in search(api, state, settings, began, decide):
                display.searched(state.repositories.number())
        except LaterError as error:
            raise RetryableError(
                f"the search at {settings.base_url} gave no answer: {error}; run the same command "
                "again later: it goes on where it stopped"
            ) from error
    for text in settings.gharchive:
        add_archive(state, loaded.path(text))
    for text in settings.names:
        add_names(state, read_names(loaded.path(text), owners=False))
    names = state.names.open(clock.now())
    for done, _ in enumerate(look_up(api, state, names, decide, clock), 1):
        display.looked_up(done, len(names))


def _expected(state: State, out: Path) -> set[Path]:
    """Archives that belong here: fetched, or perhaps left by a killed run."""
    rows = list(state.repositories.wanted())
    names = {row["archive"] for row in rows if row["archive"]}
    names |= {archive_name(row["name"], row["commit"]) for row in rows if row["commit"]}
    return {out / name for name in names}


def _tidy(folder: Path, keep: Iterable[Path]) -> None:
    """Remove the files of a folder that do not belong there any more, and empty folders."""
    kept = set(keep)
    for inside, folders, names in os.walk(folder, topdown=False):
        here = Path(inside)
        for name in names:
            if here / name not in kept:
                (here / name).unlink()
        for name in folders:
            if not os.listdir(here / name):  # noqa: PTH208 - whether there is any
                (here / name).rmdir()


def _list(state: State, out: Path) -> None:
    """Write the list of what was fetched; it appears whole."""
    temporary = out / TEMPORARY / LISTING
    with temporary.open("w", encoding="utf-8") as file:
        for row in state.repositories.fetched():
            file.write(json.dumps(_line(row), ensure_ascii=False) + "\n")
    temporary.replace(out / LISTING)


def _line(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of SQLite
    keys = ("id", "stars", "license", "language", "commit", "fetched", "archive")
    more = ("archive_bytes", "sha256", "unpacked_bytes", "files", "lfs_pointers", "submodules")
    return {"repository": row["name"], **{key: row[key] for key in (*keys, *more)}}
