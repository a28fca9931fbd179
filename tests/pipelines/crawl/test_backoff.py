"""Failed repositories and names are retried after increasing waits, and given up in the end."""

from functools import partial
from pathlib import Path

import pytest

from codecorpus.pipelines.crawl.backoff import MAX_ATTEMPTS, after_failure
from codecorpus.pipelines.crawl.responses import MAX_TRIES
from tests.pipelines.crawl.conftest import Crawler
from tests.pipelines.crawl.crawl_helpers import read_listing
from tests.pipelines.crawl.fake_github import FakeClock, FakeGitHub, make_repositories, status

SERVER_ERROR = status(500)


def test_waits_grow_until_the_last_attempt() -> None:
    failures = [after_failure(attempts, "stalled", 1_000.9) for attempts in range(MAX_ATTEMPTS)]
    due = [each.due for each in failures]
    assert due == [1_060, 1_240, 1_960, 4_840, 16_360, None]
    assert failures[0] == ("failed", "stalled", 1, 1_060)
    assert failures[-1] == ("skipped", "given_up", MAX_ATTEMPTS, None)


def test_a_failed_repository_is_not_requested_before_it_is_due(
    github: FakeGitHub, run: Crawler, clock: FakeClock
) -> None:
    github.repositories = make_repositories(1)
    github.faults["/codeload/"] = [SERVER_ERROR] * 3
    summary = run()
    assert summary.count("failed") == 1
    assert summary.due == int(clock.now()) + 60
    asked = len(github.requests)
    assert run().due == summary.due
    assert len(github.requests) == asked
    clock.wait_until(summary.due)
    assert run().counts == {("fetched", None): 1}


def test_a_repository_that_becomes_due_during_a_run_is_retried_in_it(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.core = 8  # the crawl waits for an hour several times
    github.repositories = make_repositories(40)
    github.faults["/owner1/r1/commits/"] = [SERVER_ERROR] * MAX_TRIES
    assert run().counts == {("fetched", None): 40}
    assert github.count("/owner1/r1/commits") == MAX_TRIES + 1
    assert len(read_listing(tmp_path / "out")) == 40


def test_a_repository_is_given_up_after_the_last_attempt_until_a_refresh(
    github: FakeGitHub, run: Crawler, clock: FakeClock
) -> None:
    github.repositories = make_repositories(1)
    github.faults["/codeload/"] = [SERVER_ERROR] * 3 * MAX_ATTEMPTS
    for attempt in range(1, MAX_ATTEMPTS + 1):
        summary = run()
        assert summary.count("failed") == (attempt < MAX_ATTEMPTS)
        clock.wait_until(summary.due or 0)
    assert summary.counts == {("skipped", "given_up"): 1}
    assert github.count("archive") == 3 * MAX_ATTEMPTS
    run()
    assert github.count("archive") == 3 * MAX_ATTEMPTS
    assert run(refresh=True).counts == {("fetched", None): 1}


def test_a_success_resets_the_count_of_failures(
    github: FakeGitHub, run: Crawler, clock: FakeClock
) -> None:
    github.repositories = make_repositories(1)
    for number in range(MAX_ATTEMPTS + 1):
        github.repositories[0].files = {"a.py": b"%d" % number}
        github.faults["/codeload/"] = [SERVER_ERROR] * 3
        summary = run(refresh=number > 0)
        assert summary.count("failed") == 1
        clock.wait_until(summary.due or 0)
        assert run().count("fetched") == 1


def test_names_are_retried_too(
    github: FakeGitHub, run: Crawler, clock: FakeClock, tmp_path: Path
) -> None:
    github.repositories = make_repositories(1)
    (tmp_path / "names.txt").write_text("owner1/r1\n")
    crawl = partial(run, search=False, names=["names.txt"])
    github.faults["/repos/"] = [SERVER_ERROR] * 6 * MAX_ATTEMPTS
    for attempt in range(1, MAX_ATTEMPTS + 1):
        summary = crawl()
        assert summary.count("failed") == (attempt < MAX_ATTEMPTS)
        clock.wait_until(summary.due or 0)
    assert summary.counts == {("skipped", "given_up"): 1}
    assert crawl(refresh=True).counts == {("fetched", None): 1}


@pytest.mark.parametrize("status_", [404, 451])
def test_an_unavailable_archive_is_skipped_and_not_retried(
    github: FakeGitHub, run: Crawler, status_: int
) -> None:
    github.repositories = make_repositories(1)
    github.faults["/codeload/"] = [status(status_)]
    reason = {404: "not_found", 451: "legal"}[status_]
    assert run().counts == {("skipped", reason): 1}
