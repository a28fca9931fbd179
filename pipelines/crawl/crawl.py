"""A crawl, from its recipe to its folder.

    discover  search | GH Archive | names  -> repositories, by id
    fetch     repository -> commit -> archive, many at a time
    list      repositories.jsonl, which a build reads

    repositories/owner/name@commit.tar.gz   the archives, as GitHub sends them
    repositories.jsonl                      one line per archive, ordered by id
    crawl.sqlite                            the state of the crawl

Each step saves its results in the state, so the same command resumes a crawl that was interrupted.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sqlite3 import Row
from typing import Any, Final

from rich.console import Console

from codecorpus.foundation.errors import RetryableError, StorageError, UsageError
from codecorpus.pipelines.crawl.client import GitHubClient, RequestFailedError
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.discovery import add_gharchive, look_up, search
from codecorpus.pipelines.crawl.fetch_jobs import ARCHIVES, TEMPORARY, FetchExecutor, archive_name
from codecorpus.pipelines.crawl.progress import CrawlDisplay
from codecorpus.pipelines.crawl.rate_limits import Token, TokenPool
from codecorpus.pipelines.crawl.repository import SkipCheck, skip_reason
from codecorpus.pipelines.crawl.resolve import Resolver
from codecorpus.pipelines.crawl.scheduler import Scheduler
from codecorpus.pipelines.crawl.settings import CrawlSettings, LoadedCrawl
from codecorpus.pipelines.crawl.state import CrawlState
from codecorpus.pipelines.sources.github import LISTING
from codecorpus.pipelines.sources.opt_out import OptOut, read_names, read_opt_out

STATE: Final = "crawl.sqlite"

_OUR_FILES: Final = {ARCHIVES, TEMPORARY, LISTING, STATE, f"{STATE}-wal", f"{STATE}-shm"}
_EXTRA_RESOLVERS: Final = 3
"""Resolving threads beyond one per token, so that waiting for a server delays no other request."""


@dataclass(frozen=True)
class CrawlSummary:
    """The state of a crawl after a run.

    Attributes:
        counts: number of repositories and names by state and reason.
        unreachable: results that the search cannot return (`SliceTable.unreachable`).
        due: when the first failed one is tried again, in seconds since 1970; None: none failed.
    """

    counts: dict[tuple[str, str | None], int]
    unreachable: int = 0
    due: int | None = None

    def count(self, state: str) -> int:
        """The number of repositories and names in a state."""
        return sum(number for (each, _), number in self.counts.items() if each == state)


def crawl(
    loaded: LoadedCrawl,
    out: Path,
    *,
    executor: FetchExecutor,
    clock: Clock,
    console: Console,
    environment: Mapping[str, str],
    refresh: bool = False,
) -> CrawlSummary:
    """Start or resume a crawl.

    Args:
        loaded: the recipe.
        out: the crawl's folder.
        executor: downloads the archives.
        clock: tells the time and waits.
        console: shows progress if it is a terminal.
        environment: contains the tokens.
        refresh: check again what an earlier run has fetched.

    Raises:
        CodecorpusError: the crawl failed; completed work is kept.
    """
    settings = loaded.settings
    opt_out = read_opt_out(loaded.path(settings.opt_out) if settings.opt_out else None)
    exclude = {
        name.lower()
        for text in settings.exclude
        for name in read_names(loaded.path(text), owners=False)
    }
    check = partial(skip_reason, settings=settings, opt_out=opt_out, exclude=exclude)
    tokens = _tokens(settings, environment)
    pool = TokenPool(tokens, clock)
    _create_folders(out)
    with ExitStack() as stack:
        state = stack.enter_context(closing(CrawlState(out / STATE)))
        began = _begin(state, settings, out, clock)
        _remove_files(out / TEMPORARY, keep=())
        if refresh:
            state.refresh()
        _skip_opted_out(state, opt_out)
        client = stack.enter_context(
            closing(
                GitHubClient(
                    settings.base_url, pool, clock, state, timeout=settings.timeout_seconds
                )
            )
        )
        display = stack.enter_context(CrawlDisplay(console, pool, state, clock))
        _discover(loaded, client, state, clock, began, check, display)
        display.begin_fetching(state.repositories.count_pending(clock.now()))
        Scheduler(
            Resolver(client, state, clock, out, settings.max_repository_bytes, check),
            state,
            clock,
            executor,
            resolvers=len(tokens) + _EXTRA_RESOLVERS,
            on_progress=display.fetch_progress,
        ).run()
        _remove_files(out / ARCHIVES, keep=_expected_archives(state, out))
        _write_listing(state, out)
        return CrawlSummary(state.counts(), state.slices.unreachable(), state.failed()[1])


def _tokens(settings: CrawlSettings, environment: Mapping[str, str]) -> list[Token]:
    found = [
        Token(name, secret) for name in settings.tokens if (secret := environment.get(name, ""))
    ]
    return found or [Token("", None)]


def _create_folders(out: Path) -> None:
    try:
        if out.exists() and (others := sorted({each.name for each in out.iterdir()} - _OUR_FILES)):
            raise UsageError(
                f"{out} contains {', '.join(others[:3])}, which does not belong to a crawl; give "
                "--out a new or empty folder"
            )
        (out / TEMPORARY).mkdir(parents=True, exist_ok=True)
        (out / ARCHIVES).mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(f"{out}: {error}; give --out a folder that can be written to") from error


def _begin(state: CrawlState, settings: CrawlSettings, out: Path, clock: Clock) -> int:
    """Record the start and the selection of a new crawl; returns when the crawl began.

    Raises:
        UsageError: the folder contains a crawl with another selection.
    """
    selection = json.dumps(settings.selection(), sort_keys=True)
    earlier = state.constant("wanted", selection)
    if earlier != selection:
        old, new = json.loads(earlier), json.loads(selection)
        keys = ", ".join(f"{key} was {old.get(key)}" for key in new if old.get(key) != new[key])
        raise UsageError(
            f"{out} contains a crawl with other settings ({keys}); give another --out, or change "
            "the recipe back"
        )
    return int(state.constant("began", str(int(clock.now()))))


def _skip_opted_out(state: CrawlState, opt_out: OptOut) -> None:
    """Skip repositories that were added to the list after they were discovered or fetched."""
    for row in state.repositories.not_skipped():
        if row["name"] in opt_out:
            state.repositories.skip(row["id"], "opted_out")


def _discover(
    loaded: LoadedCrawl,
    client: GitHubClient,
    state: CrawlState,
    clock: Clock,
    began: int,
    check: SkipCheck,
    display: CrawlDisplay,
) -> None:
    settings = loaded.settings
    if settings.search:
        try:
            for _ in search(client, state, settings, began, check):
                display.search_progress(state.repositories.count())
        except RequestFailedError as error:
            raise RetryableError(
                f"the search at {settings.base_url} failed: {error}; run the same command again "
                "later to continue"
            ) from error
    for text in settings.gharchive:
        add_gharchive(state, loaded.path(text))
    for text in settings.names:
        state.lookups.add((name, None) for name in read_names(loaded.path(text), owners=False))
    names = state.lookups.pending(clock.now())
    for done, _ in enumerate(look_up(client, state, names, check, clock), 1):
        display.lookup_progress(done, len(names))


def _expected_archives(state: CrawlState, out: Path) -> set[Path]:
    """Archives to keep: fetched ones, and ones that a killed run may have left."""
    rows = state.repositories.not_skipped()
    names = {row["archive"] for row in rows if row["archive"]}
    names |= {archive_name(row["name"], row["commit"]) for row in rows if row["commit"]}
    return {out / name for name in names}


def _remove_files(folder: Path, *, keep: Iterable[Path]) -> None:
    """Remove all other files of a folder, and empty folders."""
    kept = set(keep)
    for parent, folders, names in os.walk(folder, topdown=False):
        for path in (Path(parent) / name for name in names):
            if path not in kept:
                path.unlink()
        for path in (Path(parent) / name for name in folders):
            if not any(path.iterdir()):
                path.rmdir()


def _write_listing(state: CrawlState, out: Path) -> None:
    """Write the list of fetched repositories, atomically."""
    temporary = out / TEMPORARY / LISTING
    with temporary.open("w", encoding="utf-8") as file:
        for row in state.repositories.fetched():
            file.write(json.dumps(_listing_entry(row), ensure_ascii=False) + "\n")
    temporary.replace(out / LISTING)


def _listing_entry(row: Row) -> dict[str, Any]:
    keys = ("id", "stars", "license", "language", "commit", "fetched", "archive")
    more = ("archive_bytes", "sha256", "unpacked_bytes", "files", "lfs_pointers", "submodules")
    return {"repository": row["name"], **{key: row[key] for key in (*keys, *more)}}
