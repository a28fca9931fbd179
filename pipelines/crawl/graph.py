"""Downloads archives on a Beam runner; the only module of the crawl that imports Beam.

    jobs -> batches | Spread | Fetch -> results
                    | Report         -> one file each, which the crawl reads

Only the downloads run on workers. All requests that need a token are sent by the process that
started the crawl (see `scheduler`), so any number of workers respects the rate limits. Workers get
the addresses of archives, which are on a host that needs no token. A worker may be killed, and a
runner may run a batch twice: a complete archive is not downloaded again, and a job without a result
is scheduled again.

The same graph runs on this machine, where the in-memory runner gets one batch and `threads` threads
of this process download it, and on an engine, whose workers must reach the crawl's folder under the
same path.
"""

import contextlib
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from codecorpus.foundation.errors import CodecorpusError, RetryableError
from codecorpus.pipelines.crawl.download import ThreadedExecutor
from codecorpus.pipelines.crawl.fetch_jobs import TEMPORARY, FetchJob, FetchResult
from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.engines.job_servers import killed_with_this_process

Batch = tuple[FetchJob, ...]

BATCH_SIZE: Final = 8
"""Jobs per element on an engine: some seconds of work, and little to repeat."""

_POLL_SECONDS: Final = 0.1
_CANCEL_SECONDS: Final = 30.0  # the most that cancelling a job may take
_START_SECONDS: Final = 600.0  # the most that an engine may take to start its workers
_stopped = threading.Event()
"""Ends the downloads of this process: the in-memory runner's workers are threads of it."""


class Fetch(beam.DoFn):  # type: ignore[misc]
    """Downloads batches of archives, several archives at a time.

    Args:
        settings: of the crawl.
        out: the crawl's folder.
        threads: archives that one worker downloads at a time.
    """

    def __init__(self, settings: CrawlSettings, out: Path, threads: int) -> None:
        super().__init__()
        self._settings = settings
        self._out = out
        self._threads = threads

    def process(self, numbered: tuple[int, Iterable[Batch]]) -> Iterator[FetchResult]:
        """The results of all jobs, as they finish."""
        executor = ThreadedExecutor(
            self._settings, self._out, threads=self._threads, stopped=_stopped
        )
        for batch in numbered[1]:
            yield from executor.run(batch)


class BeamExecutor:
    """Runs each round of jobs as a Beam pipeline (a `fetch_jobs.FetchExecutor`).

    Args:
        settings: of the crawl.
        out: the crawl's folder.
        options: Beam's.
        threads: archives that one worker downloads at a time.
        batch_size: jobs per element; None: all jobs of a round, for a runner in this process.
    """

    def __init__(
        self,
        settings: CrawlSettings,
        out: Path,
        options: PipelineOptions,
        *,
        threads: int,
        batch_size: int | None,
    ) -> None:
        self._settings = settings
        self._out = out.absolute()
        self._options = options
        self._threads = threads
        self._batch_size = batch_size
        self._running: Any = None
        _stopped.clear()

    def run(self, jobs: Sequence[FetchJob]) -> Iterator[FetchResult]:
        """Run jobs and yield their results as the workers report them.

        Raises:
            RetryableError: the runner failed.
        """
        reports = self._out / TEMPORARY / f"reports-{uuid.uuid4().hex}"
        reports.mkdir(parents=True)
        run = _PipelineRun()
        try:
            self._start(run, jobs, reports)
            yield from self._results(run, reports)
        except CodecorpusError:
            self.stop()
            raise
        except Exception as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise RetryableError(
                f"the runner failed on a round of {len(jobs):,} archives: {first}; complete "
                "archives are kept: run the same command again"
            ) from error
        reports.rmdir()

    def stop(self) -> None:
        """End the downloads of this process and cancel the engine's job."""
        _stopped.set()
        if (running := self._running) is not None:
            cancelling = threading.Thread(target=_cancel, args=(running,), daemon=True)
            cancelling.start()
            cancelling.join(_CANCEL_SECONDS)

    def _start(self, run: "_PipelineRun", jobs: Sequence[FetchJob], reports: Path) -> None:
        size = self._batch_size or len(jobs)
        batches = [tuple(jobs[at : at + size]) for at in range(0, len(jobs), size)]
        pipeline = beam.Pipeline(options=self._options)
        _ = (
            pipeline
            | "Jobs" >> beam.Create([batches])
            | "Number" >> beam.FlatMap(_numbered)
            | "Spread" >> beam.GroupByKey()  # over the workers, as `engines.beam` spreads tasks
            | "Fetch" >> beam.ParDo(Fetch(self._settings, self._out, self._threads))
            | "Report" >> beam.Map(report, str(reports))
        )
        if self._batch_size is None:
            run.start(lambda: pipeline.run().wait_until_finish())
        else:
            before = signal.getsignal(signal.SIGINT)
            with killed_with_this_process():
                self._running = pipeline.run()
            # Beam's handler would stop the job server before the job can be cancelled.
            signal.signal(signal.SIGINT, before)
            run.start(self._running.wait_until_finish)

    def _results(self, run: "_PipelineRun", reports: Path) -> Iterator[FetchResult]:
        """Yield results until the pipeline has ended; each report is deleted once read.

        Raises:
            RetryableError: an engine has reported nothing for so long that it must be stuck.
            Exception: the pipeline's own error.
        """
        timeout = 2 * self._settings.archive_seconds + _START_SECONDS
        last_report, ended = time.monotonic(), False
        while not ended:
            ended = run.ended.wait(_POLL_SECONDS)
            for path in sorted(reports.glob("*.json")):
                yield FetchResult.from_json(path.read_text("utf-8"))
                path.unlink()
                last_report = time.monotonic()
            if self._batch_size is not None and time.monotonic() - last_report > timeout:
                raise RetryableError(
                    f"no worker has reported a result for {timeout:,.0f} s; check the workers' own "
                    f"logs and that they can reach {self._out}; then run the same command again"
                )
        self._running = None
        if run.error is not None:
            raise run.error


class _PipelineRun:
    """A running pipeline; a thread waits for its end."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.error: Exception | None = None

    def start(self, wait: Callable[[], object]) -> None:
        """Call `wait`, which returns when the pipeline has ended, in a thread."""
        threading.Thread(target=self._wait, args=(wait,), daemon=True).start()

    def _wait(self, wait: Callable[[], object]) -> None:
        try:
            wait()
        except Exception as error:  # noqa: BLE001 - raised again by `_results`
            self.error = error
        self.ended.set()


def report(result: FetchResult, folder: str) -> None:
    """Write a result to a file, atomically; repeating it is harmless."""
    final = Path(folder) / f"{result.id}.json"
    temporary = final.with_suffix(f".{uuid.uuid4().hex}")
    temporary.write_text(result.to_json(), "utf-8")
    temporary.replace(final)


def _numbered(batches: list[Batch]) -> list[tuple[int, Batch]]:
    return list(enumerate(batches))


def _cancel(running: Any) -> None:  # noqa: ANN401 - each engine has its own type
    with contextlib.suppress(Exception):  # the job may have ended, or its server may be gone
        running.cancel()
