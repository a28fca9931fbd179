"""Crawls of a server as GitHub's."""

from pathlib import Path
from typing import Any, Protocol

import pytest

from codecorpus.pipelines.crawl.crawl import Outcome
from codecorpus.pipelines.crawl.download import Threads
from tests.pipelines.crawl.crawl_helpers import crawl_into
from tests.pipelines.crawl.fake_github import GitHub


class Crawler(Protocol):
    def __call__(self, *, workers: int = 2, refresh: bool = False, **settings: Any) -> Outcome: ...


@pytest.fixture
def run(github: GitHub, tmp_path: Path) -> Crawler:
    """Crawls the server into `tmp_path / "out"`; it must have broken no rule."""

    def crawled(*, workers: int = 2, refresh: bool = False, **settings: Any) -> Outcome:
        return crawl_into(
            tmp_path / "out",
            github,
            carrier=lambda terms: Threads(terms, threads=workers),
            refresh=refresh,
            **settings,
        )

    return crawled
