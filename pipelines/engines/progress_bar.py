"""The progress bar of a local build: one line per stage; nothing unless on a terminal.

A line shows completed tasks, megabytes per second, the share of files kept and the time left. Time
left is estimated from the weights of the completed tasks, so large tasks at the start do not skew
it.
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.progress import Task as RichTask
from rich.text import Text

from codecorpus.pipelines.stages.counters import Counters

if TYPE_CHECKING:
    from codecorpus.pipelines.stages.base import Task


class ProgressBar:
    """Shows the progress of a build's stages; a context manager.

    Args:
        console: where to draw; nothing is drawn unless it is a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<16}"),
            BarColumn(bar_width=14),
            TextColumn("{task.fields[parts]:>9}"),
            TextColumn("{task.fields[speed]:>10}"),
            TextColumn("{task.fields[kept]:>9}"),
            _TimeLeft(),
            console=console,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self._line: TaskID | None = None
        self._weights: dict[str, int] = {}
        self._count = 0
        self._done = 0
        self._before = (0, 0, 0)
        self._started = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        if not self._progress.disable:
            self._progress.console.print()

    def stage_started(self, tasks: "Sequence[Task]", counters: Counters) -> None:
        """Add a line for a stage."""
        self._weights = {task.name: task.weight for task in tasks}
        self._count, self._done = len(tasks), 0
        self._before = counters.read()
        self._started = time.monotonic()
        self._line = self._progress.add_task(
            tasks[0].stage.name,
            total=sum(self._weights.values()),
            parts=f"0/{self._count}",
            speed="",
            kept="",
        )

    def task_ended(self, name: str) -> None:
        """Advance the line by one task, whether it failed or not."""
        self._done += 1
        if self._line is not None:
            self._progress.update(
                self._line, advance=self._weights[name], parts=f"{self._done}/{self._count}"
            )

    def message(self, text: str) -> None:
        """Print a line above the bar, also when this is not a terminal."""
        self._progress.console.print(text, soft_wrap=True, markup=False)

    def refresh(self, counters: Counters) -> None:
        """Update speed and share kept from the workers' counters."""
        if self._line is None:
            return
        size, files, kept = (
            now - then for now, then in zip(counters.read(), self._before, strict=True)
        )
        seconds = max(time.monotonic() - self._started, 0.001)
        self._progress.update(
            self._line,
            speed=f"{size / 1e6 / seconds:.1f} MB/s" if size else "",
            kept=f"{kept / files:.0%} kept" if files else "",
        )


class _TimeLeft(ProgressColumn):
    """The time left, or the total time once the stage is done."""

    def render(self, task: RichTask) -> Text:
        """Render one cell of the column."""
        if task.finished:
            return Text(f"{_duration(task.finished_time or 0.0)} total", style="green")
        left = task.time_remaining
        return Text(f"{_duration(left)} left" if left is not None else "", style="cyan")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
