"""The summary that a crawl prints."""

from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from codecorpus.foundation.errors import RetryableError, UsageError
from codecorpus.pipelines.crawl.command import print_summary, run_crawl
from codecorpus.pipelines.crawl.crawl import CrawlSummary
from codecorpus.pipelines.crawl.query_slices import Slice
from codecorpus.pipelines.crawl.state import CrawlState


def printed(summary: CrawlSummary) -> str:
    screen = StringIO()
    print_summary(summary, Path("crawl"), Console(file=screen, width=200))
    return screen.getvalue()


def test_an_unknown_runner_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    recipe = tmp_path / "crawl.yaml"
    recipe.write_text("languages: [Python]\n")
    with pytest.raises(UsageError, match="--runner none_such"):
        run_crawl(
            recipe,
            tmp_path / "out",
            runner="none_such",
            workers=1,
            refresh=False,
            engine_options=[],
        )
    assert not (tmp_path / "out").exists()


def test_fetched_skipped_and_unreachable_repositories_are_counted() -> None:
    counts: dict[tuple[str, str | None], int] = {
        ("fetched", None): 1200,
        ("skipped", "a fork"): 30,
    }
    assert printed(CrawlSummary(counts, 45)).splitlines() == [
        "1,200 repositories, listed in crawl/repositories.jsonl",
        "       30 skipped: a fork",
        "       45 not returned by the search: over 1,000 results with the same creation time and "
        "stars",
    ]
    assert "not returned" not in printed(CrawlSummary(counts))


def test_failed_repositories_raise_an_error() -> None:
    with pytest.raises(
        RetryableError, match="2 repositories could not be fetched; the first error"
    ):
        printed(CrawlSummary({("failed", "stalled"): 2}))


def test_results_past_a_thousand_of_finished_slices_are_unreachable(
    tmp_path: Path,
) -> None:
    with closing(CrawlState(tmp_path / "crawl.sqlite")) as state:
        state.slices.begin([Slice("Java", second, second, 1, 1) for second in range(3)])
        for total, last in ((1200, True), (900, True), (5000, False)):
            found = state.slices.next()
            assert found
            state.slices.add_page(found[0], total, [], last=last)
        assert state.slices.unreachable() == 200
