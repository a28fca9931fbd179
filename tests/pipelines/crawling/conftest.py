"""A server as GitHub's, and crawls of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from rich.console import Console

from pipelines.crawling.crawl import Outcome, crawl
from pipelines.crawling.downloading import Threads
from pipelines.crawling.orders import Terms
from pipelines.crawling.settings import CrawlSettings, LoadedCrawl
from tests.pipelines.crawling.server import FakeClock, GitHub


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def github(clock: FakeClock) -> Iterator[GitHub]:
    server = GitHub(clock)
    yield server
    server.close()


class Crawler(Protocol):
    def __call__(self, *, workers: int = 2, refresh: bool = False, **settings: Any) -> Outcome: ...


@pytest.fixture
def run(github: GitHub, clock: FakeClock, tmp_path: Path) -> Crawler:
    """Crawls the server into `tmp_path / "out"`; it must have broken no rule."""

    def crawled(*, workers: int = 2, refresh: bool = False, **settings: Any) -> Outcome:
        defaults: dict[str, Any] = {
            "languages": ["Python", "Java", "C++"],
            "base_url": github.url,
        }
        loaded = LoadedCrawl(CrawlSettings.model_validate(defaults | settings), tmp_path)
        try:
            return crawl(
                loaded,
                tmp_path / "out",
                carrier=Threads(Terms.of(loaded.settings, tmp_path / "out"), threads=workers),
                clock=clock,
                console=Console(quiet=True),
                environment={"GITHUB_TOKEN": "secret", "SECOND": "second", "BAD": "expired"},
                refresh=refresh,
            )
        finally:
            assert github.violations == []

    return crawled
