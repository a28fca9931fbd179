"""Downloads archives on a worker, several at a time.

An archive is written to a temporary file and validated on the way; it gets its final name when it
is complete. If a file has that name already, a worker or a run was killed before it could report
it: the file is validated instead of downloaded again.
"""

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx2

from codecorpus.pipelines.crawl.archive_validation import ArchiveTooLargeError, validate_archive
from codecorpus.pipelines.crawl.clock import StoppedError
from codecorpus.pipelines.crawl.fetch_jobs import (
    TEMPORARY,
    FetchJob,
    FetchResult,
    Status,
    StoredArchive,
)
from codecorpus.pipelines.crawl.responses import (
    Action,
    Redirect,
    Response,
    Retry,
    Unavailable,
    UseBody,
    action_for,
)
from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.crawl.transport import (
    CHUNK_BYTES,
    MAX_REDIRECTS,
    describe_error,
    headers_of,
    new_client,
)
from codecorpus.pipelines.sources.base import DamagedError

STOPPED: Final = "the crawl was stopped"

_READ_BYTES: Final = 1 << 20


class ThreadedExecutor:
    """Tries each job once, in threads of this process (a `fetch_jobs.FetchExecutor`).

    Args:
        settings: of the crawl; its sizes and timeouts apply.
        out: the crawl's folder.
        threads: archives to download at a time.
        stopped: set to end the work; by default an event of its own.
    """

    def __init__(
        self,
        settings: CrawlSettings,
        out: Path,
        *,
        threads: int,
        stopped: threading.Event | None = None,
    ) -> None:
        self._settings = settings
        self._out = out
        self._threads = threads
        self._stopped = stopped or threading.Event()
        self._paused_until = 0.0  # by time.monotonic(); of the current run

    def stop(self) -> None:
        """End all downloads, current and later ones."""
        self._stopped.set()

    def run(self, jobs: Sequence[FetchJob]) -> Iterator[FetchResult]:
        """Run jobs and yield their results as they finish."""
        self._paused_until = 0.0
        with ExitStack() as stack:
            client = stack.enter_context(new_client(self._settings.timeout_seconds))
            pool = stack.enter_context(ThreadPoolExecutor(self._threads, "fetch"))
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            futures = [pool.submit(self._try, client, job) for job in jobs]
            for future in as_completed(futures):
                yield future.result()

    def _try(self, client: httpx2.Client, job: FetchJob) -> FetchResult:
        """Try a job once, unless the host has asked to wait or the crawl is ending."""
        if (left := self._paused_until - time.monotonic()) > 0:
            return FetchResult(job.id, job.archive, "not_tried", wait=left)
        try:
            self._raise_if_stopped()
            max_bytes = self._settings.max_repository_bytes
            existing = existing_archive(self._out, job.archive, job.commit, max_bytes)
            outcome = existing or self._fetch(client, job)
        except StoppedError as error:
            return FetchResult(job.id, job.archive, "not_tried", str(error))
        except OSError as error:
            return FetchResult(job.id, job.archive, "storage_error", str(error))
        if isinstance(outcome, StoredArchive):
            return FetchResult(job.id, job.archive, "stored", stored=outcome)
        return self._not_stored(job, outcome)

    def _not_stored(self, job: FetchJob, action: Action) -> FetchResult:
        if not isinstance(action, Retry):
            reason = action.reason if isinstance(action, Unavailable) else "forbidden"
            return FetchResult(job.id, job.archive, "unavailable", reason)
        wait = max(0.0, action.at - time.time())
        if action.rate_limited:
            self._paused_until = time.monotonic() + wait
        status: Status = "rate_limited" if action.rate_limited else "failed"
        return FetchResult(job.id, job.archive, status, action.reason, wait)

    def _fetch(self, client: httpx2.Client, job: FetchJob) -> StoredArchive | Action:
        """Download an archive; returns what to do instead if that fails.

        Raises:
            StoppedError: the crawl is ending.
            OSError: the crawl's folder cannot be written to.
        """
        temporary = self._out / TEMPORARY / uuid.uuid4().hex
        try:
            outcome = self._download(client, job, temporary)
            if isinstance(outcome, StoredArchive):
                final = self._out / job.archive
                final.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(final)
        except ArchiveTooLargeError:
            return Unavailable("size")
        except DamagedError as error:
            return Retry(time.time() + 2.0 ** (job.tries + 1), error.detail)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            return action_for(Response(0, error=describe_error(error)), job.tries, time.time())
        finally:
            temporary.unlink(missing_ok=True)
        return outcome

    def _download(self, client: httpx2.Client, job: FetchJob, path: Path) -> StoredArchive | Action:
        url = job.url
        for _ in range(MAX_REDIRECTS):
            with client.stream("GET", url, headers={"accept-encoding": "identity"}) as response:
                head = Response(response.status_code, headers_of(response))
                action = action_for(head, job.tries, time.time())
                if isinstance(action, UseBody):
                    with path.open("xb") as file:
                        return validate_archive(
                            self._chunks(response),
                            file,
                            name=job.archive,
                            commit=job.commit,
                            max_bytes=self._settings.max_repository_bytes,
                        )
                if not isinstance(action, Redirect):
                    return action
                url = urljoin(url, action.url)
        return Unavailable("too_many_redirects")

    def _raise_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise StoppedError(STOPPED)

    def _chunks(self, response: httpx2.Response) -> Iterator[bytes]:
        seconds = self._settings.archive_seconds
        deadline = time.monotonic() + seconds
        for chunk in response.iter_raw(CHUNK_BYTES):
            yield chunk
            self._raise_if_stopped()
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout(f"took longer than {seconds:g} seconds")


def existing_archive(out: Path, name: str, commit: str, max_bytes: int) -> StoredArchive | None:
    """The complete archive that a killed run or worker has left; None if there is none.

    Args:
        out: the crawl's folder.
        name: of the archive in it.
        commit: the commit that it must contain.
        max_bytes: as in `validate_archive`.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with (out / name).open("rb") as file:
            chunks = iter(lambda: file.read(_READ_BYTES), b"")
            return validate_archive(chunks, None, name=name, commit=commit, max_bytes=max_bytes)
    except (FileNotFoundError, DamagedError, ArchiveTooLargeError):
        return None
