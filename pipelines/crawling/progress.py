"""What a person sees while a crawl runs; nothing when nobody watches."""

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from pipelines.crawling.budgets import Budgets, Resource


class CrawlDisplay:
    """A line for discovery and one for fetching; a context manager.

    Args:
        console: where to draw; nothing is drawn unless it is a terminal.
        budgets: what is left of them is shown.
    """

    def __init__(self, console: Console, budgets: Budgets) -> None:
        self._budgets = budgets
        self._progress = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(bar_width=14),
            TextColumn("{task.fields[repositories]:>24}"),
            TextColumn("{task.fields[size]:>10}"),
            TextColumn("{task.fields[budget]}"),
            console=console,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int | None) -> TaskID:
        """A new line; `total` None: nobody knows how much it will be."""
        return self._progress.add_task(what, total=total, repositories="", size="", budget="")

    def show(
        self, line: TaskID, resource: Resource, done: int, total: int | None, size: int
    ) -> None:
        """Repositories, bytes that came, and what is left of a budget."""
        of = f"{done:,}" if total is None else f"{done:,}/{total:,}"
        self._progress.update(
            line,
            completed=done,
            repositories=f"{of} repositories",
            size=f"{size / 1e6:,.1f} MB" if size else "",
            budget=self._budget(resource),
        )

    def _budget(self, resource: Resource) -> str:
        left = self._budgets.left(resource)
        if left is None:
            return ""
        minutes, seconds = divmod(round(left[1]), 60)
        return f"{left[0]:,} {resource} requests left, reset in {minutes}:{seconds:02d}"
