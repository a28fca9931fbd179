"""The terminal display of a running crawl; it draws nothing if the output is not a terminal.

It has lines of at most 80 columns: the work done, the requests remaining and the next reset,
failures, and a pause that GitHub has asked for. It redraws four times a second, so that a long wait
counts down.
"""

from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.rate_limits import Resource, TokenPool
from codecorpus.pipelines.crawl.state import CrawlState

_REFRESHES: float = 4  # per second
_BAR_WIDTH = 12


class CrawlDisplay:
    """The display; a context manager.

    Args:
        console: where to draw, if it is a terminal.
        tokens: their remaining requests are shown.
        state: the number of failures is shown.
        clock: tells the time.
    """

    def __init__(
        self, console: Console, tokens: TokenPool, state: CrawlState, clock: Clock
    ) -> None:
        self._tokens = tokens
        self._state = state
        self._clock = clock
        self._work = "starting"
        self._total = 0
        self._failed: tuple[int, int] | None = None
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=_REFRESHES)
        self._shown = console.is_terminal

    def __enter__(self) -> Self:
        if self._shown:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._live.stop()

    def search_progress(self, repositories: int) -> None:
        """Show how many repositories the search has found."""
        self._work = f"search  {repositories:,} repositories found"

    def lookup_progress(self, done: int, total: int) -> None:
        """Show how many names have been looked up."""
        self._work = f"names   {_bar(done, total)} {done:,}/{total:,} looked up"

    def begin_fetching(self, total: int) -> None:
        """Show how many repositories are known to be pending."""
        self._total = total
        self.fetch_progress(0, total, 0)

    def fetch_progress(self, done: int, pending: int, size: int) -> None:
        """Show the repositories done, those pending (at least), and the bytes downloaded."""
        self._total = max(self._total, done + pending)
        self._work = (
            f"fetch   {_bar(done, self._total)} {done:,}/{self._total:,} repositories, "
            f"{size / 1e6:,.1f} MB"
        )
        number, due = self._state.failed()
        self._failed = None if due is None else (number, due)

    def _draw(self) -> RenderableType:
        limits = ", ".join(filter(None, (self._limit(each) for each in ("core", "search"))))
        lines = [self._work, f"limits  {limits}" if limits else ""]
        if self._failed is not None:
            number, due = self._failed
            wait = _duration(due - self._clock.now())
            lines.append(f"failed  {number:,}, next retry in {wait}")
        if pause := self._tokens.paused_for():
            lines.append(f"paused  at GitHub's request, for {_duration(pause)}")
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines if line))

    def _limit(self, resource: Resource) -> str:
        limit = self._tokens.remaining(resource)
        if limit is None:
            return ""
        remaining, seconds = limit
        return f"{remaining:,} {resource} left, reset in {_duration(seconds)}"


def _bar(done: int, total: int) -> str:
    full = _BAR_WIDTH * done // max(1, total)
    return "━" * full + "─" * (_BAR_WIDTH - full)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
