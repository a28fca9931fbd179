"""Fixtures of the crawl's tests."""

from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from codecorpus.pipelines.crawl.crawl import CrawlSummary
from codecorpus.pipelines.crawl.download import ThreadedExecutor
from tests.pipelines.crawl.crawl_helpers import crawl_into
from tests.pipelines.crawl.fake_github import FakeGitHub


class Crawler(Protocol):
    def __call__(
        self, *, workers: int = 2, refresh: bool = False, **settings: Any
    ) -> CrawlSummary: ...


@pytest.fixture
def run(github: FakeGitHub, tmp_path: Path) -> Crawler:
    """Crawls the server into `tmp_path / "out"`, as `crawl_into` does."""

    def run_crawl(*, workers: int = 2, refresh: bool = False, **settings: Any) -> CrawlSummary:
        return crawl_into(
            tmp_path / "out",
            github,
            executor=partial(ThreadedExecutor, threads=workers),
            refresh=refresh,
            **settings,
        )

    return run_crawl
