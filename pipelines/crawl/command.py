"""The crawl command: the clock, the tokens, the runner, and a summary at the end."""

import os
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from codecorpus.foundation.errors import RetryableError
from codecorpus.pipelines.crawl.clock import SystemClock
from codecorpus.pipelines.crawl.crawl import Outcome, crawl
from codecorpus.pipelines.crawl.fetch_jobs import Terms
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
    # Beam takes a second to import: mistakes in the recipe come first.
    from codecorpus.pipelines.crawl import graph
    from codecorpus.pipelines.engines.options import make_options

    carrier = graph.BeamCarrier(
        Terms.of(loaded.settings, out),
        make_options(runner, engine_options),
        threads=workers,
        batch=None if runner == "local" else graph.BATCH,
    )
    outcome = crawl(
        loaded,
        out,
        carrier=carrier,
        clock=SystemClock(),
        console=console,
        environment=os.environ,
        refresh=refresh,
    )
    print_outcome(outcome, out, Console(highlight=False))


def print_outcome(outcome: Outcome, out: Path, console: Console) -> None:
    """Say how many repositories were fetched, and why others were not.

    Raises:
        RetryableError: some could not be fetched by now.
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
        when = datetime.fromtimestamp(outcome.due or 0, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        raise RetryableError(
            f"{failed:,} repositories could not be fetched, the first one because: {reasons[0]}; "
            f"run the same command again at {when} or later: it tries those that are due"
        )
