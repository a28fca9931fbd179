"""Many workers, one budget: whatever becomes of them, nothing is overdrawn, lost or doubled."""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import pytest

from codecorpus.foundation.errors import RetryableError
from codecorpus.pipelines.crawl.download import Threads
from codecorpus.pipelines.crawl.fetch_jobs import Delivery, Order, Terms
from tests.pipelines.crawl.crawl_helpers import crawl_into, listed
from tests.pipelines.crawl.fake_github import SECONDARY, FakeClock, GitHub, some, status

WORKERS = 3


def deliver(terms: Terms, batch: Sequence[Order]) -> list[Delivery]:
    """What a worker of an engine does with an element."""
    return list(Threads(terms, threads=2).carry(batch))


class Processes:
    """An engine in small: workers that are processes; when one dies, its round is over."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._pool: ProcessPoolExecutor | None = None

    def carry(self, orders: Sequence[Order]) -> Iterator[Delivery]:
        self._pool = self._pool or ProcessPoolExecutor(WORKERS, get_context("spawn"))
        batches = [orders[at : at + 2] for at in range(0, len(orders), 2)]
        futures = [self._pool.submit(deliver, self._terms, batch) for batch in batches]
        try:
            for future in as_completed(futures):
                yield from future.result()
        except BrokenProcessPool:
            self._pool = None

    def stop(self) -> None:
        pass

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def processes(self) -> list[int]:
        assert self._pool is not None
        return list(self._pool._processes)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(Terms(str(tmp_path / "out"), 10 << 20, 30.0, 60.0))
    yield made
    made.close()


def test_workers_together_never_exceed_a_tokens_budget(
    github: GitHub, clock: FakeClock, processes: Processes, tmp_path: Path
) -> None:
    github.core, github.search = 7, 2
    github.repositories = some(30)
    crawl_into(
        tmp_path / "out",
        github,
        carrier=lambda _: processes,
        tokens=["GITHUB_TOKEN", "SECOND"],
    )
    assert len(listed(tmp_path / "out")) == 30
    assert github.count("archive") == 30
    core = [count for (_, resource, _), count in github.windows.items() if resource == "core"]
    assert sum(core) == 60
    assert max(core) <= 7
    assert len(core) >= 9
    assert {token for token, _, _ in github.windows} == {"secret", "second"}
    assert sum(wait > 3_000 for wait in clock.waits) >= 4


def test_a_budget_that_was_spent_before_is_known_before_the_first_request(
    github: GitHub, clock: FakeClock, tmp_path: Path
) -> None:
    github.repositories = some(2)
    for resource in ("core", "search"):
        github.budget("secret", resource).left = 0  # by an earlier run, or another program
    crawl_into(tmp_path / "out", github)
    assert len(listed(tmp_path / "out")) == 2
    assert len(clock.waits) == 2


def test_a_worker_that_is_killed_costs_only_what_it_was_at(
    github: GitHub, processes: Processes, tmp_path: Path
) -> None:
    github.repositories = some(16, files={"a.py": os.urandom(30_000)})
    github.pause = 0.01
    out = tmp_path / "out"
    there: set[str] = set()
    before = 0

    def kill(_: int) -> None:
        nonlocal before
        if before == 0 and github.count("archive") == 8:
            there.update(path.name.partition("@")[0] for path in out.rglob("*.tar.gz"))
            before = len(github.requests)
            os.kill(processes.processes()[0], signal.SIGKILL)

    github.watch = kill
    crawl_into(out, github, carrier=lambda _: processes)
    assert before
    assert len(listed(out)) == 16
    again = {each.rpartition("/")[2] for each in github.requests[before:] if "archive" in each}
    assert not there & again
    assert github.count("archive") <= 16 + 2 * WORKERS


def test_an_order_that_no_worker_answers_is_given_again_but_not_for_ever(
    github: GitHub, tmp_path: Path
) -> None:
    class Loses:
        rounds = 0

        def carry(self, orders: Sequence[Order]) -> Iterator[Delivery]:
            self.rounds += 1
            assert len(orders) == 1
            yield from ()

        def stop(self) -> None:
            pass

    github.repositories = some(1)
    loses = Loses()
    outcome = crawl_into(tmp_path / "out", github, carrier=lambda _: loses)
    assert outcome.counts == {("failed", "the archive, 3 times: the worker was lost"): 1}
    assert loses.rounds == 3


def test_a_delivery_of_another_round_is_passed_over(github: GitHub, tmp_path: Path) -> None:
    class Repeats(Threads):
        def carry(self, orders: Sequence[Order]) -> Iterator[Delivery]:
            for delivery in super().carry(orders):
                yield Delivery(999, delivery.archive, "gone", "not ours")
                yield Delivery(delivery.id, "repositories/other", "gone", "of another commit")
                yield delivery
                yield delivery

    github.repositories = some(3)
    outcome = crawl_into(tmp_path / "out", github, carrier=lambda terms: Repeats(terms, threads=2))
    assert outcome.counts == {("fetched", None): 3}


def test_the_archives_host_is_left_alone_by_all_when_it_says_so(
    github: GitHub, clock: FakeClock, tmp_path: Path
) -> None:
    github.repositories = some(12)
    github.faults["/codeload/"] = [status(429, SECONDARY, retry_after="50")]
    crawl_into(tmp_path / "out", github, carrier=lambda terms: Threads(terms, threads=1))
    assert len(listed(tmp_path / "out")) == 12
    assert github.count("archive") == 13
    assert clock.waits == [pytest.approx(50, abs=5)]


def test_a_carrier_that_breaks_ends_the_crawl_and_keeps_what_it_has(
    github: GitHub, tmp_path: Path
) -> None:
    class Breaks(Threads):
        def carry(self, orders: Sequence[Order]) -> Iterator[Delivery]:
            yield next(iter(super().carry(orders[:1])))
            raise RetryableError("the engine is away")

    github.repositories = some(4)
    with pytest.raises(RetryableError, match="the engine is away"):
        crawl_into(tmp_path / "out", github, carrier=lambda terms: Breaks(terms, threads=1))
    asked = github.count("archive")
    assert asked >= 1
    crawl_into(tmp_path / "out", github)
    assert len(listed(tmp_path / "out")) == 4
    assert github.count("archive") == 4


def test_a_worker_that_is_stopped_holds_what_it_was_given(tmp_path: Path) -> None:
    worker = Threads(Terms(str(tmp_path), 1 << 20, 1.0, 1.0), threads=2)
    worker.stop()
    orders = [Order(n, "a" * 40, "http://127.0.0.1:9/x", f"repositories/{n}") for n in (1, 2)]
    assert {(each.id, each.kind) for each in worker.carry(orders)} == {(1, "held"), (2, "held")}
