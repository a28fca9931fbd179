"""What a person sees while a crawl runs; nothing when nobody watches.

Lines of at most 80 columns: what has been done, what the tokens may still ask for and when there
will be more, what failed, and a pause that GitHub has asked for. They are drawn anew four times a
second, so that a long wait counts down.
"""

from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.rate_limits import Budgets, Resource
from codecorpus.pipelines.crawl.state import State

_REFRESHES: float = 4  # a second
_BAR = 12


class CrawlDisplay:
    """What is done and what is left; a context manager.

    Args:
        console: where to draw; nothing is drawn unless it is a terminal.
        budgets: what is left of them is shown.
        state: how many failed is shown.
        clock: tells the time.
    """

    def __init__(self, console: Console, budgets: Budgets, state: State, clock: Clock) -> None:
        self._budgets = budgets
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

    def searched(self, repositories: int) -> None:
        """The search has found so many repositories."""
        self._work = f"search  {repositories:,} repositories found"

    def looked_up(self, done: int, total: int) -> None:
        """So many of the names have been looked up."""
        self._work = f"names   {_bar(done, total)} {done:,}/{total:,} looked up"

    def begin_fetching(self, total: int) -> None:
        """So many repositories are to be fetched, as far as is known."""
        self._total = total
        self.fetched(0, total, 0)

    def fetched(self, done: int, pending: int, size: int) -> None:
        """So many repositories are done, at least so many are not, and so many bytes came."""
        self._total = max(self._total, done + pending)
        self._work = (
            f"fetch   {_bar(done, self._total)} {done:,}/{self._total:,} repositories, "
            f"{size / 1e6:,.1f} MB"
        )
        number, due = self._state.waiting()
        self._failed = None if due is None else (number, due)

    def _draw(self) -> RenderableType:
        budgets = ", ".join(filter(None, (self._budget(each) for each in ("core", "search"))))
        lines = [self._work, f"budget  {budgets}" if budgets else ""]
        if self._failed is not None:
            number, due = self._failed
            wait = _span(due - self._clock.now())
            lines.append(f"failed  {number:,}, the first of them due in {wait}")
        if pause := self._budgets.paused():
            lines.append(f"paused  GitHub wants no request for {_span(pause)}")
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines if line))

    def _budget(self, resource: Resource) -> str:
        left = self._budgets.left(resource)
        return "" if left is None else f"{left[0]:,} {resource} left, reset in {_span(left[1])}"


def _bar(done: int, total: int) -> str:
    full = _BAR * done // max(1, total)
    return "━" * full + "─" * (_BAR - full)


def _span(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
