"""The crawl command on this machine: the clock, the tokens, and a summary at the end."""

import os
from pathlib import Path

from rich.console import Console

from foundation.errors import RetryableError
from pipelines.crawling.clock import SystemClock
from pipelines.crawling.crawl import Outcome, crawl
from pipelines.crawling.settings import load_crawl
from pipelines.sources.github import LISTING


def run_crawl(recipe: Path, out: Path, *, workers: int, refresh: bool) -> None:
    """Crawl into a folder, or go on with it, and print what came of it.

    Raises:
        CodecorpusError: as its text says; what is done stays done.
    """
    loaded = load_crawl(recipe)
    console = Console(stderr=True, highlight=False)
    if not any(os.environ.get(name) for name in loaded.settings.tokens):
        names = ", ".join(f"${name}" for name in loaded.settings.tokens) or "no variable"
        console.print(
            f"no token in {names}: GitHub allows 60 requests an hour without one", soft_wrap=True
        )
    outcome = crawl(
        loaded,
        out,
        workers=workers,
        clock=SystemClock(),
        console=console,
        environment=os.environ,
        refresh=refresh,
    )
    print_outcome(outcome, out, Console(highlight=False))


def print_outcome(outcome: Outcome, out: Path, console: Console) -> None:
    """Say how many repositories were fetched, and why others were not.

    Raises:
        RetryableError: some could not be fetched in this run.
    """
    console.print(f"{outcome.of('fetched'):,} repositories, listed in {out / LISTING}")
    for (state, reason), number in outcome.counts.items():
        if state == "skipped":
            console.print(f"{number:>9,} left out: {reason}", soft_wrap=True)
    if outcome.beyond_reach:
        text = "not given by the search: more than 1,000 of one second and one number of stars"
        console.print(f"{outcome.beyond_reach:>9,} {text}", soft_wrap=True)
    failed = outcome.of("failed")
    if failed:
        reasons = [reason for (state, reason) in outcome.counts if state == "failed"]
        raise RetryableError(
            f"{failed:,} repositories could not be fetched, the first one because: {reasons[0]}; "
            "run the same command again to try them once more"
        )
