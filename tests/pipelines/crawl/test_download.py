"""Many workers share one rate limit; no archive is lost or downloaded twice."""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from codecorpus.foundation.errors import RetryableError
from codecorpus.pipelines.crawl.download import ThreadedExecutor
from codecorpus.pipelines.crawl.fetch_jobs import FetchJob, FetchResult
from codecorpus.pipelines.crawl.settings import CrawlSettings
from tests.pipelines.crawl.crawl_helpers import crawl_into, read_listing
from tests.pipelines.crawl.fake_github import (
    SECONDARY,
    FakeClock,
    FakeGitHub,
    make_repositories,
    status,
)

WORKERS = 3
SETTINGS = CrawlSettings(languages=("Python",), archive_seconds=60.0)


def run_batch(out: Path, batch: Sequence[FetchJob]) -> list[FetchResult]:
    """What a worker of an engine does with an element."""
    return list(ThreadedExecutor(SETTINGS, out, threads=2).run(batch))


class ProcessExecutor:
    """A small engine: its workers are processes; when one dies, the round ends."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._pool: ProcessPoolExecutor | None = None

    def run(self, jobs: Sequence[FetchJob]) -> Iterator[FetchResult]:
        self._pool = self._pool or ProcessPoolExecutor(WORKERS, get_context("spawn"))
        batches = [jobs[at : at + 2] for at in range(0, len(jobs), 2)]
        futures = [self._pool.submit(run_batch, self._out, batch) for batch in batches]
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
def processes(tmp_path: Path) -> Iterator[ProcessExecutor]:
    executor = ProcessExecutor(tmp_path / "out")
    yield executor
    executor.close()


def test_workers_together_never_exceed_a_rate_limit(
    github: FakeGitHub, clock: FakeClock, processes: ProcessExecutor, tmp_path: Path
) -> None:
    github.core, github.search = 7, 2
    github.repositories = make_repositories(30)
    crawl_into(
        tmp_path / "out",
        github,
        executor=lambda *_: processes,
        tokens=["GITHUB_TOKEN", "SECOND"],
    )
    assert len(read_listing(tmp_path / "out")) == 30
    assert github.count("archive") == 30
    core = [count for (_, resource, _), count in github.windows.items() if resource == "core"]
    assert sum(core) == 60
    assert max(core) <= 7
    assert len(core) >= 9
    assert {token for token, _, _ in github.windows} == {"secret", "second"}
    assert sum(wait > 3_000 for wait in clock.waits) >= 4


def test_a_rate_limit_that_is_already_used_up_is_known_before_the_first_request(
    github: FakeGitHub, clock: FakeClock, tmp_path: Path
) -> None:
    github.repositories = make_repositories(2)
    for resource in ("core", "search"):
        github.rate_limit("secret", resource).remaining = 0  # by an earlier run, or another program
    crawl_into(tmp_path / "out", github)
    assert len(read_listing(tmp_path / "out")) == 2
    assert len(clock.waits) == 2


def test_a_killed_worker_loses_only_the_downloads_in_progress(
    github: FakeGitHub, processes: ProcessExecutor, tmp_path: Path
) -> None:
    github.repositories = make_repositories(16, files={"a.py": os.urandom(30_000)})
    github.pause = 0.01
    out = tmp_path / "out"
    fetched: set[str] = set()
    before = 0

    def kill(_: int) -> None:
        nonlocal before
        if before == 0 and github.count("archive") == 8:
            fetched.update(path.name.partition("@")[0] for path in out.rglob("*.tar.gz"))
            before = len(github.requests)
            os.kill(processes.processes()[0], signal.SIGKILL)

    github.watch = kill
    crawl_into(out, github, executor=lambda *_: processes)
    assert before
    assert len(read_listing(out)) == 16
    again = {each.rpartition("/")[2] for each in github.requests[before:] if "archive" in each}
    assert not fetched & again
    assert github.count("archive") <= 16 + 2 * WORKERS


def test_a_job_without_a_result_is_retried_a_limited_number_of_times(
    github: FakeGitHub, tmp_path: Path
) -> None:
    class Loses:
        rounds = 0

        def run(self, jobs: Sequence[FetchJob]) -> Iterator[FetchResult]:
            self.rounds += 1
            assert len(jobs) == 1
            yield from ()

        def stop(self) -> None:
            pass

    github.repositories = make_repositories(1)
    loses = Loses()
    summary = crawl_into(tmp_path / "out", github, executor=lambda *_: loses)
    assert summary.counts == {("failed", "archive: the worker was lost (3 tries)"): 1}
    assert loses.rounds == 3


def test_results_of_other_jobs_are_ignored(github: FakeGitHub, tmp_path: Path) -> None:
    class Repeats(ThreadedExecutor):
        def run(self, jobs: Sequence[FetchJob]) -> Iterator[FetchResult]:
            for result in super().run(jobs):
                yield FetchResult(999, result.archive, "unavailable", "another repository")
                yield FetchResult(result.id, "repositories/other", "unavailable", "another commit")
                yield result
                yield result

    github.repositories = make_repositories(3)
    summary = crawl_into(tmp_path / "out", github, executor=partial(Repeats, threads=2))
    assert summary.counts == {("fetched", None): 3}


def test_all_workers_wait_when_the_archives_host_asks_one_to_wait(
    github: FakeGitHub, clock: FakeClock, tmp_path: Path
) -> None:
    github.repositories = make_repositories(12)
    github.faults["/codeload/"] = [status(429, SECONDARY, retry_after="50")]
    crawl_into(tmp_path / "out", github, executor=partial(ThreadedExecutor, threads=1))
    assert len(read_listing(tmp_path / "out")) == 12
    assert github.count("archive") == 13
    assert clock.waits == [pytest.approx(50, abs=5)]


def test_a_failing_executor_ends_the_crawl_and_complete_archives_are_kept(
    github: FakeGitHub, tmp_path: Path
) -> None:
    class Breaks(ThreadedExecutor):
        def run(self, jobs: Sequence[FetchJob]) -> Iterator[FetchResult]:
            yield next(iter(super().run(jobs[:1])))
            raise RetryableError("the engine is down")

    github.repositories = make_repositories(4)
    with pytest.raises(RetryableError, match="the engine is down"):
        crawl_into(tmp_path / "out", github, executor=partial(Breaks, threads=1))
    asked = github.count("archive")
    assert asked >= 1
    crawl_into(tmp_path / "out", github)
    assert len(read_listing(tmp_path / "out")) == 4
    assert github.count("archive") == 4


def test_a_stopped_executor_tries_no_jobs(tmp_path: Path) -> None:
    executor = ThreadedExecutor(SETTINGS, tmp_path, threads=2)
    executor.stop()
    jobs = [FetchJob(n, "a" * 40, "http://127.0.0.1:9/x", f"repositories/{n}") for n in (1, 2)]
    results = {(each.id, each.status) for each in executor.run(jobs)}
    assert results == {(1, "not_tried"), (2, "not_tried")}
