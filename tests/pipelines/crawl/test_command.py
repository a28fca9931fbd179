"""What a crawl says at its end."""

from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from codecorpus.foundation.errors import RetryableError, UsageError
from codecorpus.pipelines.crawl.command import print_outcome, run_crawl
from codecorpus.pipelines.crawl.crawl import Outcome
from codecorpus.pipelines.crawl.query_slices import Slice
from codecorpus.pipelines.crawl.state import State


def said(outcome: Outcome) -> str:
    screen = StringIO()
    print_outcome(outcome, Path("crawl"), Console(file=screen, width=200))
    return screen.getvalue()


def test_a_runner_that_there_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_what_was_fetched_left_out_and_out_of_reach() -> None:
    counts: dict[tuple[str, str | None], int] = {
        ("fetched", None): 1200,
        ("skipped", "a fork"): 30,
    }
    assert said(Outcome(counts, 45)).splitlines() == [
        "1,200 repositories, listed in crawl/repositories.jsonl",
        "       30 left out: a fork",
        "       45 not given by the search: more than 1,000 of one second and one number of stars",
    ]
    assert "not given" not in said(Outcome(counts))


def test_what_failed_is_said_and_fails() -> None:
    with pytest.raises(RetryableError, match="2 repositories could not be fetched, the first one"):
        said(Outcome({("failed", "stalled"): 2}))


def test_results_beyond_reach_are_those_past_a_thousand_of_slices_that_are_done(
    tmp_path: Path,
) -> None:
    with closing(State(tmp_path / "crawl.sqlite")) as state:
        state.slices.begin([Slice("Java", second, second, 1, 1) for second in range(3)])
        for total, last in ((1200, True), (900, True), (5000, False)):
            found = state.slices.next()
            assert found
            state.slices.add_page(found[0], total, [], last=last)
        assert state.slices.beyond_reach() == 200
