"""Crawls of a fake GitHub server, for tests."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from codecorpus.pipelines.crawl.crawl import CrawlSummary, crawl
from codecorpus.pipelines.crawl.download import ThreadedExecutor
from codecorpus.pipelines.crawl.fetch_jobs import FetchExecutor
from codecorpus.pipelines.crawl.settings import CrawlSettings, LoadedCrawl
from tests.pipelines.crawl.fake_github import FakeClock, FakeGitHub, FakeRepository

_TWO_THREADS = partial(ThreadedExecutor, threads=2)
TOKENS = {"GITHUB_TOKEN": "secret", "SECOND": "second", "BAD": "expired"}


def make_crawl(folder: Path, repositories: Sequence[FakeRepository]) -> Path:
    """Crawl repositories in Python, Java and C++ into a folder.

    Args:
        folder: created, and returned.
        repositories: on the server: `FakeRepository(7, "owner/name", files={"a.py": b"..."})`.
    """
    with closing(FakeGitHub(FakeClock(), *repositories)) as github:
        crawl_into(folder, github)
    return folder


def crawl_into(
    out: Path,
    github: FakeGitHub,
    *,
    executor: Callable[[CrawlSettings, Path], FetchExecutor] = _TWO_THREADS,
    refresh: bool = False,
    **settings: Any,
) -> CrawlSummary:
    """Crawl a server, and check that the crawl violated none of its rules.

    Args:
        out: the crawl's folder; relative paths in the settings start at its parent.
        github: the server, whose clock is the crawl's.
        executor: makes the executor that downloads the archives.
        refresh: as in `crawl`.
        settings: of the recipe; languages and the server's address have defaults.
    """
    defaults = {"languages": ["Python", "Java", "C++"], "base_url": github.url}
    loaded = LoadedCrawl(CrawlSettings.model_validate(defaults | settings), out.parent)
    try:
        return crawl(
            loaded,
            out,
            executor=executor(loaded.settings, out),
            clock=github.clock,
            console=Console(quiet=True),
            environment=TOKENS,
            refresh=refresh,
        )
    finally:
        assert github.violations == []


def read_listing(out: Path) -> list[dict[str, Any]]:
    """The lines of `repositories.jsonl`; checks that the folder has exactly these archives."""
    lines = [json.loads(line) for line in (out / "repositories.jsonl").read_text().splitlines()]
    archives = {
        path.relative_to(out).as_posix() for path in (out / "repositories").rglob("*.tar.gz")
    }
    assert archives == {line["archive"] for line in lines}
    assert not list((out / "tmp").iterdir())
    return lines
