"""A crawl from its recipe to its folder.

    discover  search | GH Archive | names  -> repositories, by id
    fetch     repository -> commit -> archive, several at once
    list      repositories.jsonl: what a build reads

    repositories/owner/name@commit.tar.gz   as GitHub gives them
    repositories.jsonl                      a line each, by id
    crawl.sqlite                            where the crawl stands

Each step leaves what it found in the state, so the same command goes on where an earlier one ended.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from foundation.errors import RetryableError, StorageError, UsageError
from pipelines.crawling.api import Api
from pipelines.crawling.budgets import Budgets, Token
from pipelines.crawling.clock import Clock
from pipelines.crawling.discovery import Unwanted, add_archive, add_names, look_up, search
from pipelines.crawling.facts import Facts, unwanted
from pipelines.crawling.fetch import ARCHIVES, TEMPORARY, Fetcher, archive_name
from pipelines.crawling.progress import CrawlDisplay
from pipelines.crawling.settings import CrawlSettings, LoadedCrawl
from pipelines.crawling.state import State
from pipelines.opt_out import OptOut, read_names, read_opt_out
from pipelines.sources.github import LISTING

STATE: Final = "crawl.sqlite"

_OURS: Final = {ARCHIVES, TEMPORARY, LISTING, STATE, f"{STATE}-wal", f"{STATE}-shm"}
_MOST_FAILURES: Final = 20
"""So many repositories in a row that cannot be had, and GitHub itself is away."""


@dataclass(frozen=True)
class Outcome:
    """What a crawl came to.

    Attributes:
        counts: how many repositories and names are in each state, for each reason.
        beyond_reach: results that the search has and cannot give (`State.beyond_reach`).
    """

    counts: dict[tuple[str, str | None], int]
    beyond_reach: int = 0

    def of(self, state: str) -> int:
        """How many are in a state."""
        return sum(number for (each, _), number in self.counts.items() if each == state)


def crawl(
    loaded: LoadedCrawl,
    out: Path,
    *,
    workers: int,
    clock: Clock,
    console: Console,
    environment: Mapping[str, str],
    refresh: bool = False,
) -> Outcome:
    """Crawl, or go on crawling.

    Args:
        loaded: the recipe.
        out: the folder.
        workers: archives that are fetched at once.
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

    budgets = Budgets(_tokens(settings, environment), clock)
    _prepare(out)
    with ExitStack() as stack:
        state = stack.enter_context(closing(State(out / STATE)))
        began = _begin(state, settings, clock)
        _tidy(out / TEMPORARY, ())
        state.retry_failed()
        if refresh:
            state.refresh()
        _leave_out(state, opt_out)
        api = Api(
            settings.base_url,
            budgets,
            clock,
            state,
            timeout=settings.timeout_seconds,
            archive_seconds=settings.archive_seconds,
        )
        stack.enter_context(closing(api))
        display = stack.enter_context(CrawlDisplay(console, budgets))
        _discover(loaded, api, state, began, decide, display)
        fetcher = Fetcher(api, state, clock, out, settings.max_repository_bytes, decide)
        _fetch(fetcher, state, clock, workers, display)
        _tidy(out / ARCHIVES, _expected(state, out))
        _list(state, out)
        return Outcome(state.counts(), state.beyond_reach())


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
    for row in state.wanted():
        if row["name"] in opt_out:
            state.skip(row["id"], "opted_out")


def _discover(
    loaded: LoadedCrawl,
    api: Api,
    state: State,
    began: int,
    decide: Unwanted,
    display: CrawlDisplay,
) -> None:
    settings = loaded.settings
    if settings.search:
        line = display.begin("search", None)
        for _ in search(api, state, settings, began, decide):
            display.show(line, "search", state.number(), None, 0)
    for text in settings.gharchive:
        add_archive(state, loaded.path(text))
    for text in settings.names:
        add_names(state, read_names(loaded.path(text), owners=False))
    names = len(state.open_names())
    if names:
        line = display.begin("names", names)
        for done, _ in enumerate(look_up(api, state, decide), 1):
            display.show(line, "core", done, names, 0)


def _fetch(
    fetcher: Fetcher, state: State, clock: Clock, workers: int, display: CrawlDisplay
) -> None:
    """Bring all repositories to their end, those that turn up meanwhile too."""
    done: set[int] = set()
    size = failures = 0
    with ThreadPoolExecutor(workers, "fetch") as pool:
        running: dict[Future[int], int] = {}
        try:
            while pending := [one for one in state.pending() if one not in done]:
                line = display.begin("fetch", len(pending))
                for number, (one, received) in enumerate(
                    _each(pool, fetcher, pending, running, 2 * workers), 1
                ):
                    done.add(one)
                    size += received
                    failed = state.repository(one)["state"] == "failed"
                    failures = failures + 1 if failed else 0
                    _require_some(failures, state, one)
                    display.show(line, "core", number, len(pending), size)
        except BaseException:
            clock.stop()
            for future in running:
                future.cancel()
            raise


def _require_some(failures: int, state: State, last: int) -> None:
    if failures >= _MOST_FAILURES:
        raise RetryableError(
            f"{failures} repositories in a row could not be fetched, the last one because: "
            f"{state.repository(last)['reason']}; run the same command again later: it goes on "
            "where it stopped"
        )


def _each(
    pool: ThreadPoolExecutor,
    fetcher: Fetcher,
    pending: Iterable[int],
    running: dict[Future[int], int],
    most: int,
) -> Iterator[tuple[int, int]]:
    """Fetch in order, a few ahead; each id with the bytes that came, as they end."""
    waiting = iter(pending)
    while True:
        while len(running) < most and (one := next(waiting, None)) is not None:
            running[pool.submit(fetcher.fetch, one)] = one
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            one = running.pop(future)
            yield one, future.result()


def _expected(state: State, out: Path) -> set[Path]:
    """Archives that belong here: fetched, or perhaps left by a killed run."""
    rows = list(state.wanted())
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
        for row in state.fetched():
            file.write(json.dumps(_line(row), ensure_ascii=False) + "\n")
    temporary.replace(out / LISTING)


def _line(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of SQLite
    keys = ("id", "stars", "license", "language", "commit", "fetched", "archive")
    more = ("archive_bytes", "sha256", "unpacked_bytes", "files", "lfs_pointers", "submodules")
    return {"repository": row["name"], **{key: row[key] for key in (*keys, *more)}}
