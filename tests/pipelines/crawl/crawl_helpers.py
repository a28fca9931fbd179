"""Crawled folders for tests: the crawl itself makes them, from a GitHub on loopback."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console

from codecorpus.pipelines.crawl.crawl import Outcome, crawl
from codecorpus.pipelines.crawl.download import Threads
from codecorpus.pipelines.crawl.fetch_jobs import Carrier, Terms
from codecorpus.pipelines.crawl.settings import CrawlSettings, LoadedCrawl
from tests.pipelines.crawl.fake_github import FakeClock, GitHub, Repository

TOKENS = {"GITHUB_TOKEN": "secret", "SECOND": "second", "BAD": "expired"}


def crawled(folder: Path, repositories: Sequence[Repository]) -> Path:
    """A folder that holds a crawl of repositories in Python, Java and C++.

    Args:
        folder: made, and returned.
        repositories: what GitHub has: `Repository(7, "owner/name", files={"a.py": b"..."})`.
    """
    with closing(GitHub(FakeClock(), *repositories)) as github:
        crawl_into(folder, github)
    return folder


def crawl_into(
    out: Path,
    github: GitHub,
    *,
    carrier: Callable[[Terms], Carrier] = lambda terms: Threads(terms, threads=2),
    refresh: bool = False,
    **settings: Any,
) -> Outcome:
    """Crawl a server; paths in the settings start beside `out`. It must have broken no rule.

    Args:
        out: the crawl's folder.
        github: the server, whose clock is the crawl's.
        carrier: makes what fetches the archives.
        refresh: as of `crawl`.
        settings: of the recipe, other than those that most tests want.
    """
    defaults = {"languages": ["Python", "Java", "C++"], "base_url": github.url}
    loaded = LoadedCrawl(CrawlSettings.model_validate(defaults | settings), out.parent)
    try:
        return crawl(
            loaded,
            out,
            carrier=carrier(Terms.of(loaded.settings, out)),
            clock=github.clock,
            console=Console(quiet=True),
            environment=TOKENS,
            refresh=refresh,
        )
    finally:
        assert github.violations == []


def listed(out: Path) -> list[dict[str, Any]]:
    """What the list says; the archives that it names must be all that there are."""
    lines = [json.loads(line) for line in (out / "repositories.jsonl").read_text().splitlines()]
    there = {path.relative_to(out).as_posix() for path in (out / "repositories").rglob("*.tar.gz")}
    assert there == {line["archive"] for line in lines}
    assert not list((out / "tmp").iterdir())
    return lines
