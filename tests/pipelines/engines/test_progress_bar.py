"""Progress: seen on a terminal, silent elsewhere."""

import io

from rich.console import Console

from codecorpus.pipelines.engines.progress_bar import ProgressBar
from codecorpus.pipelines.stages.base import Task
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.curate import CurateParts


def shown(*, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=80)
    tasks = [Task("out", CurateParts(), index, 10) for index in range(4)]
    counters = Counters()
    with ProgressBar(console) as display:
        display.stage_started(tasks, counters)
        counters.add(size=5_000_000, files=10, kept=4)
        display.task_ended(tasks[0].name)
        display.refresh(counters)
    return stream.getvalue()


def test_a_terminal_shows_the_stage_its_parts_and_what_is_kept() -> None:
    text = shown(terminal=True)
    for piece in ("curate", "1/4", "MB/s", "40% kept"):
        assert piece in text


def test_no_terminal_shows_nothing() -> None:
    assert shown(terminal=False) == ""


def test_a_tick_before_any_stage_is_harmless() -> None:
    with ProgressBar(Console(file=io.StringIO())) as display:
        display.refresh(Counters())
