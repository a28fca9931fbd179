"""The display fits a terminal of 80 columns and shows what the crawl is waiting for."""

from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from codecorpus.pipelines.crawl.progress import CrawlDisplay
from codecorpus.pipelines.crawl.rate_limits import Token, TokenPool
from codecorpus.pipelines.crawl.responses import Response, Retry
from codecorpus.pipelines.crawl.state import CrawlState
from tests.pipelines.crawl.fake_github import FakeClock
from tests.pipelines.crawl.state.test_state import info

LIMITS = (
    b'{"resources": {"core": {"remaining": 4998, "reset": 1600003597},'
    b' "search": {"remaining": 28, "reset": 1600000041}}}'
)


class Screen:
    def __init__(self, state: CrawlState, clock: FakeClock) -> None:
        self.token = Token("GITHUB_TOKEN", "secret")
        self.tokens = TokenPool([self.token], clock)
        self.display = CrawlDisplay(Console(file=StringIO()), self.tokens, state, clock)

    def lines(self) -> list[str]:
        console = Console(file=StringIO(), width=80)
        console.print(self.display._draw())
        assert isinstance(console.file, StringIO)
        return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[CrawlState]:
    with closing(CrawlState(tmp_path / "crawl.sqlite")) as opened:
        yield opened


def test_progress_and_rate_limits_are_shown(state: CrawlState, clock: FakeClock) -> None:
    screen = Screen(state, clock)
    assert screen.lines() == ["starting"]
    screen.tokens.record_all(screen.token, Response(200, {}, LIMITS))
    screen.display.search_progress(1_234_567)
    assert screen.lines()[0] == "search  1,234,567 repositories found"
    screen.display.lookup_progress(1, 2)
    assert screen.lines()[0] == "names   ━━━━━━────── 1/2 looked up"
    screen.display.begin_fetching(2_345_678)
    screen.display.fetch_progress(1_234_567, 256, 123_456_789_012)
    assert screen.lines() == [
        "fetch   ━━━━━━────── 1,234,567/2,345,678 repositories, 123,456.8 MB",
        "limits  4,998 core left, reset in 59:58, 28 search left, reset in 0:42",
    ]
    clock.wait_until(clock.now() + 3_000)
    assert screen.lines()[1] == "limits  4,998 core left, reset in 9:58"


def test_failures_and_pauses_are_shown(state: CrawlState, clock: FakeClock) -> None:
    screen = Screen(state, clock)
    state.repositories.update(info(1, "o/r"), None)
    for attempts in range(4):
        state.repositories.fail(1, f"stalled {attempts}", clock.now())
    screen.display.begin_fetching(1)
    screen.tokens.pause(
        screen.token, Retry(clock.now() + 60, "secondary rate limit", rate_limited=True)
    )
    assert screen.lines()[1:] == [
        "failed  1, next retry in 1:04:00",
        "paused  at GitHub's request, for 1:00",
    ]


def test_nothing_is_drawn_without_a_terminal(state: CrawlState, clock: FakeClock) -> None:
    console = Console(file=StringIO(), force_terminal=False)
    with CrawlDisplay(console, TokenPool([Token("", None)], clock), state, clock) as display:
        display.search_progress(1)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue() == ""
