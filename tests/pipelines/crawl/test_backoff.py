"""What failed is tried again after longer and longer, and not for ever."""

from functools import partial
from pathlib import Path

import pytest

from codecorpus.pipelines.crawl.backoff import MOST_ATTEMPTS, due
from codecorpus.pipelines.crawl.responses import MOST_TRIES
from tests.pipelines.crawl.conftest import Crawler
from tests.pipelines.crawl.crawl_helpers import listed
from tests.pipelines.crawl.fake_github import FakeClock, GitHub, some, status

TROUBLE = status(500)


def test_waits_grow_until_there_are_no_more() -> None:
    waits = [due(attempts, 1_000.9) for attempts in range(1, MOST_ATTEMPTS + 1)]
    assert waits == [1_060, 1_240, 1_960, 4_840, 16_360, None]


def test_what_is_not_due_is_not_asked_for(github: GitHub, run: Crawler, clock: FakeClock) -> None:
    github.repositories = some(1)
    github.faults["/codeload/"] = [TROUBLE] * 3
    outcome = run()
    assert outcome.of("failed") == 1
    assert outcome.due == int(clock.now()) + 60
    asked = len(github.requests)
    assert run().due == outcome.due
    assert len(github.requests) == asked
    clock.wait_until(outcome.due)
    assert run().counts == {("fetched", None): 1}


def test_what_becomes_due_during_a_run_is_tried_in_it(
    github: GitHub, run: Crawler, tmp_path: Path
) -> None:
    github.core = 8  # the crawl waits for an hour several times
    github.repositories = some(40)
    github.faults["/owner1/r1/commits/"] = [TROUBLE] * MOST_TRIES
    assert run().counts == {("fetched", None): 40}
    assert github.count("/owner1/r1/commits") == MOST_TRIES + 1
    assert len(listed(tmp_path / "out")) == 40


def test_what_always_fails_is_given_up_and_taken_up_by_a_refresh(
    github: GitHub, run: Crawler, clock: FakeClock
) -> None:
    github.repositories = some(1)
    github.faults["/codeload/"] = [TROUBLE] * 3 * MOST_ATTEMPTS
    for attempt in range(1, MOST_ATTEMPTS + 1):
        outcome = run()
        assert outcome.of("failed") == (attempt < MOST_ATTEMPTS)
        clock.wait_until(outcome.due or 0)
    assert outcome.counts == {("skipped", "given_up"): 1}
    assert github.count("archive") == 3 * MOST_ATTEMPTS
    run()
    assert github.count("archive") == 3 * MOST_ATTEMPTS
    assert run(refresh=True).counts == {("fetched", None): 1}


def test_a_success_forgets_the_failures_before_it(
    github: GitHub, run: Crawler, clock: FakeClock
) -> None:
    github.repositories = some(1)
    for number in range(MOST_ATTEMPTS + 1):
        github.repositories[0].files = {"a.py": b"%d" % number}
        github.faults["/codeload/"] = [TROUBLE] * 3
        outcome = run(refresh=number > 0)
        assert outcome.of("failed") == 1
        clock.wait_until(outcome.due or 0)
        assert run().of("fetched") == 1


def test_names_are_tried_again_too(
    github: GitHub, run: Crawler, clock: FakeClock, tmp_path: Path
) -> None:
    github.repositories = some(1)
    (tmp_path / "names.txt").write_text("owner1/r1\n")
    crawl = partial(run, search=False, names=["names.txt"])
    github.faults["/repos/"] = [TROUBLE] * 6 * MOST_ATTEMPTS
    for attempt in range(1, MOST_ATTEMPTS + 1):
        outcome = crawl()
        assert outcome.of("failed") == (attempt < MOST_ATTEMPTS)
        clock.wait_until(outcome.due or 0)
    assert outcome.counts == {("skipped", "given_up"): 1}
    assert crawl(refresh=True).counts == {("fetched", None): 1}


@pytest.mark.parametrize("status_", [404, 451])
def test_what_is_gone_is_no_failure(github: GitHub, run: Crawler, status_: int) -> None:
    github.repositories = some(1)
    github.faults["/codeload/"] = [status(status_)]
    reason = {404: "not_found", 451: "legal"}[status_]
    assert run().counts == {("skipped", reason): 1}
