"""The `crawl` command: sets up the clock, the tokens and the runner, and prints a summary."""

import os
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from codecorpus.foundation.errors import RetryableError
from codecorpus.pipelines.crawl.clock import SystemClock
from codecorpus.pipelines.crawl.crawl import CrawlSummary, crawl
from codecorpus.pipelines.crawl.settings import load_crawl
from codecorpus.pipelines.sources.github import LISTING


def run_crawl(
    recipe: Path,
    out: Path,
    *,
    runner: str,
    workers: int,
    refresh: bool,
    engine_options: list[str],
) -> None:
    """Start or resume a crawl and print a summary.

    Raises:
        CodecorpusError: the crawl failed; completed work is kept.
    """
    loaded = load_crawl(recipe)
    console = Console(stderr=True, highlight=False)
    if not any(os.environ.get(name) for name in loaded.settings.tokens):
        names = ", ".join(f"${name}" for name in loaded.settings.tokens) or "any variable"
        console.print(
            f"no token in {names}: GitHub allows 60 requests an hour without one", soft_wrap=True
        )
    # Importing Beam takes a second: report mistakes in the recipe first.
    from codecorpus.pipelines.crawl.graph import BATCH_SIZE, BeamExecutor
    from codecorpus.pipelines.engines.options import make_options

    executor = BeamExecutor(
        loaded.settings,
        out,
        make_options(runner, engine_options),
        threads=workers,
        batch_size=None if runner == "local" else BATCH_SIZE,
    )
    summary = crawl(
        loaded,
        out,
        executor=executor,
        clock=SystemClock(),
        console=console,
        environment=os.environ,
        refresh=refresh,
    )
    print_summary(summary, out, Console(highlight=False))


def print_summary(summary: CrawlSummary, out: Path, console: Console) -> None:
    """Print how many repositories were fetched, and why others were skipped.

    Raises:
        RetryableError: some repositories failed and can be tried again later.
    """
    console.print(f"{summary.count('fetched'):,} repositories, listed in {out / LISTING}")
    for (state, reason), number in summary.counts.items():
        if state == "skipped":
            console.print(f"{number:>9,} skipped: {reason}", soft_wrap=True)
    if summary.unreachable:
        console.print(
            f"{summary.unreachable:>9,} not returned by the search: over 1,000 results with the "
            "same creation time and stars",
            soft_wrap=True,
        )
    failed = summary.count("failed")
    if failed:
        reasons = [reason for (state, reason) in summary.counts if state == "failed"]
        when = datetime.fromtimestamp(summary.due or 0, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        raise RetryableError(
            f"{failed:,} repositories could not be fetched; the first error was: {reasons[0]}; "
            f"run the same command again at {when} or later to retry those that are due"
        )
