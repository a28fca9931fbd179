"""What a person sees fits a terminal of 80 columns, and says what there is to wait for."""

from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from codecorpus.pipelines.crawl.progress import CrawlDisplay
from codecorpus.pipelines.crawl.rate_limits import Budgets, Token
from codecorpus.pipelines.crawl.responses import Answer, Wait
from codecorpus.pipelines.crawl.state import State
from tests.pipelines.crawl.fake_github import FakeClock
from tests.pipelines.crawl.state.test_state import facts

LIMITS = (
    b'{"resources": {"core": {"remaining": 4998, "reset": 1600003597},'
    b' "search": {"remaining": 28, "reset": 1600000041}}}'
)


class Screen:
    def __init__(self, state: State, clock: FakeClock) -> None:
        self.token = Token("GITHUB_TOKEN", "secret")
        self.budgets = Budgets([self.token], clock)
        self.display = CrawlDisplay(Console(file=StringIO()), self.budgets, state, clock)

    def lines(self) -> list[str]:
        console = Console(file=StringIO(), width=80)
        console.print(self.display._draw())
        assert isinstance(console.file, StringIO)
        return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with closing(State(tmp_path / "crawl.sqlite")) as opened:
        yield opened


def test_repositories_bytes_budgets_and_resets(state: State, clock: FakeClock) -> None:
    screen = Screen(state, clock)
    assert screen.lines() == ["starting"]
    screen.budgets.introduce(screen.token, Answer(200, {}, LIMITS))
    screen.display.searched(1_234_567)
    assert screen.lines()[0] == "search  1,234,567 repositories found"
    screen.display.looked_up(1, 2)
    assert screen.lines()[0] == "names   ━━━━━━────── 1/2 looked up"
    screen.display.begin_fetching(2_345_678)
    screen.display.fetched(1_234_567, 256, 123_456_789_012)
    assert screen.lines() == [
        "fetch   ━━━━━━────── 1,234,567/2,345,678 repositories, 123,456.8 MB",
        "budget  4,998 core left, reset in 59:58, 28 search left, reset in 0:42",
    ]
    clock.wait_until(clock.now() + 3_000)
    assert screen.lines()[1] == "budget  4,998 core left, reset in 9:58"


def test_what_failed_and_what_github_asks_for(state: State, clock: FakeClock) -> None:
    screen = Screen(state, clock)
    state.repositories.update(facts(1, "o/r"), None)
    for attempts in range(4):
        state.repositories.fail(1, f"stalled {attempts}", clock.now())
    screen.display.begin_fetching(1)
    screen.budgets.pause(screen.token, Wait(clock.now() + 60, "a secondary limit", limited=True))
    assert screen.lines()[1:] == [
        "failed  1, the first of them due in 1:04:00",
        "paused  GitHub wants no request for 1:00",
    ]


def test_nothing_is_drawn_where_nobody_watches(state: State, clock: FakeClock) -> None:
    console = Console(file=StringIO(), force_terminal=False)
    with CrawlDisplay(console, Budgets([Token("", None)], clock), state, clock) as display:
        display.searched(1)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue() == ""
