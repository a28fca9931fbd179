"""Fetches all repositories: resolves them here, within the rate limits, and downloads elsewhere.

    resolve   repository -> job    threads of this process; two requests with a token each
    execute   jobs -> results      one round at a time, on the executor; started in the main thread,
                                   as Beam's runners require
    record    result -> state      one thread, which handles the events of all others

While a round is running, the jobs of the next one are resolved. All requests that count against the
rate limits are sent by one process, so any number of workers respects them without coordination.
The cost: one slow archive delays the end of its round. The rate limits, which bound the speed of a
crawl, are still used meanwhile, because resolving continues.
"""

import heapq
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final, NoReturn

from codecorpus.foundation.errors import RetryableError, StorageError
from codecorpus.pipelines.crawl.clock import Clock, StoppedError
from codecorpus.pipelines.crawl.download import STOPPED
from codecorpus.pipelines.crawl.fetch_jobs import (
    FetchExecutor,
    FetchJob,
    FetchResult,
    StoredArchive,
)
from codecorpus.pipelines.crawl.resolve import Resolver
from codecorpus.pipelines.crawl.responses import MAX_TRIES
from codecorpus.pipelines.crawl.state import CrawlState

MAX_ACTIVE: Final = 256
"""Repositories being worked on at a time. Resolving those of a killed run again costs a request
each."""
MAX_FAILURES: Final = 20
"""After so many failed repositories in a row, GitHub itself is assumed to be down."""

_MAX_DOWNLOADS: Final = 3  # tries of an archive that is damaged or does not arrive
_POLL_SECONDS: Final = 0.5


class Scheduler:
    """Fetches all repositories of a crawl, including those that become due while it runs.

    Args:
        resolver: turns repositories into jobs.
        state: stores the progress of each repository.
        clock: tells the time and waits.
        executor: runs the jobs.
        resolvers: repositories to resolve at a time.
        on_progress: called with the number of repositories done, the number active, and the bytes
            downloaded.
    """

    def __init__(
        self,
        resolver: Resolver,
        state: CrawlState,
        clock: Clock,
        executor: FetchExecutor,
        *,
        resolvers: int,
        on_progress: Callable[[int, int, int], None],
    ) -> None:
        self._resolver = resolver
        self._repositories = state.repositories
        self._clock = clock
        self._executor = executor
        self._resolvers = resolvers
        self._on_progress = on_progress
        # Other threads put functions here, which the recording thread calls.
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._rounds: SimpleQueue[list[FetchJob] | None] = SimpleQueue()
        self._active: set[int] = set()  # resolving, ready, in the round, or waiting for a retry
        self._last_id = 0  # the last id taken from the state
        self._ready: list[FetchJob] = []  # for the next round
        self._round: dict[int, FetchJob] = {}  # jobs of the running round without a result
        self._round_running = False
        self._retries: list[tuple[float, int, int]] = []  # heap of time, id, tries so far
        self._paused_until = 0.0  # the archives' host asked to wait
        self._done = self._bytes = self._failures = 0

    def run(self) -> None:
        """Fetch until no repository is due.

        Raises:
            RetryableError: GitHub is down.
            CodecorpusError: from the executor or the state.
        """
        with (
            ThreadPoolExecutor(self._resolvers, "resolve") as pool,
            ThreadPoolExecutor(1, "crawl") as crawl,
        ):
            try:
                recorder = crawl.submit(self._record_events, pool)
                recorder.add_done_callback(lambda _: self._rounds.put(None))
                while (jobs := self._rounds.get()) is not None:
                    self._run_round(jobs)
                recorder.result()
            except BaseException:
                self._clock.stop()
                self._executor.stop()
                self._events.put(partial(_raise, StoppedError(STOPPED)))
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _record_events(self, pool: ThreadPoolExecutor) -> None:
        try:
            while self._start_work(pool):
                self._handle_event()
        except BaseException:
            self._executor.stop()  # a round may be running
            raise

    def _start_work(self, pool: ThreadPoolExecutor) -> bool:
        """Start all work that is due; returns whether any repository is active."""
        now = self._clock.now()
        while self._retries and self._retries[0][0] <= now:
            _, identity, tries = heapq.heappop(self._retries)
            pool.submit(self._resolve, identity, tries)
        while len(self._active) < MAX_ACTIVE and (pending := self._next_pending(now)):
            for identity in pending:
                self._active.add(identity)
                pool.submit(self._resolve, identity, 0)
        if self._ready and not self._round_running and self._paused_until <= now:
            self._start_round()
        return bool(self._active)

    def _next_pending(self, now: float) -> list[int]:
        """The next ids to resolve, in order; starts over after the last one."""
        room = MAX_ACTIVE - len(self._active)
        pending = self._repositories.pending(self._last_id, now, room)
        if not pending and self._last_id:
            from_start = self._repositories.pending(0, now, room + MAX_ACTIVE)
            pending = [each for each in from_start if each not in self._active][:room]
        self._last_id = pending[-1] if pending else 0
        return [each for each in pending if each not in self._active]

    def _start_round(self) -> None:
        self._round = {job.id: job for job in self._ready}
        jobs, self._ready = self._ready, []
        self._round_running = True
        self._rounds.put(jobs)

    def _handle_event(self) -> None:
        """Wait for an event and handle it; return early when other work may have become due."""
        waiting = len(self._retries) + len(self._ready)
        if waiting == len(self._active) and not self._round_running:
            moments = [self._retries[0][0]] if self._retries else []
            moments += [self._paused_until] if self._ready else []
            self._clock.wait_until(min(moments))
            return
        try:
            event = self._events.get(timeout=_POLL_SECONDS)
        except Empty:
            return
        event()

    def _resolve(self, identity: int, tries: int) -> None:
        try:
            outcome = self._resolver.resolve(identity, tries)
            self._events.put(partial(self._record_resolved, identity, outcome))
        except BaseException as error:  # noqa: BLE001 - raised again by the recording thread
            self._events.put(partial(_raise, error))

    def _run_round(self, jobs: Sequence[FetchJob]) -> None:
        try:
            for result in self._executor.run(jobs):
                self._events.put(partial(self._record, result))
            self._events.put(self._end_round)
        except BaseException as error:  # noqa: BLE001 - raised again by the recording thread
            self._events.put(partial(_raise, error))

    def _record_resolved(self, identity: int, outcome: FetchJob | StoredArchive | None) -> None:
        if isinstance(outcome, FetchJob):
            self._ready.append(outcome)
        elif outcome is not None:
            self._store(identity, outcome)
        else:
            self._finish(identity)

    def _end_round(self) -> None:
        self._round_running = False
        for job in list(self._round.values()):
            self._record(FetchResult(job.id, job.archive, "failed", "the worker was lost"))

    def _record(self, result: FetchResult) -> None:
        """Record the result of a job; repeated results and those of other rounds are ignored."""
        job = self._round.get(result.id)
        if job is None or job.archive != result.archive:
            return
        del self._round[result.id]
        match result.status:
            case "stored":
                assert result.stored is not None
                self._store(result.id, result.stored)
            case "unavailable":
                self._repositories.skip(result.id, result.reason)
                self._finish(result.id)
            case "failed":
                self._retry(job, result, _MAX_DOWNLOADS)
            case "rate_limited" | "not_tried":
                self._paused_until = max(self._paused_until, self._clock.now() + result.wait)
                limited = result.status == "rate_limited"
                self._retry(job, result, MAX_TRIES if limited else None)
            case "storage_error":
                raise StorageError(
                    f"{result.archive}: {result.reason}; fix the cause, then run the same command "
                    "again"
                )

    def _retry(self, job: FetchJob, result: FetchResult, max_tries: int | None) -> None:
        """Schedule a job again, up to `max_tries`; None: it was not tried at all."""
        tries = job.tries + (max_tries is not None)
        now = self._clock.now()
        if max_tries is not None and tries >= max_tries:
            self._repositories.fail(job.id, f"archive: {result.reason} ({tries} tries)", now)
            self._finish(job.id)
        else:
            heapq.heappush(self._retries, (now + result.wait, job.id, tries))

    def _store(self, identity: int, stored: StoredArchive) -> None:
        day = datetime.fromtimestamp(self._clock.now(), UTC).date().isoformat()
        self._repositories.store(identity, day, stored)
        self._bytes += stored.archive_bytes
        self._finish(identity)

    def _finish(self, identity: int) -> None:
        """Count a repository that is done for this run.

        Raises:
            RetryableError: it failed, and so did too many before it.
        """
        self._active.remove(identity)
        self._done += 1
        row = self._repositories.get(identity)
        self._failures = self._failures + 1 if row["state"] == "failed" else 0
        if self._failures >= MAX_FAILURES:
            raise RetryableError(
                f"{self._failures} repositories in a row could not be fetched; the last error was: "
                f"{row['reason']}; run the same command again later to continue"
            )
        self._on_progress(self._done, len(self._active), self._bytes)


def _raise(error: BaseException) -> NoReturn:
    raise error
