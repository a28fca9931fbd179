"""Fetching archives as a Beam graph: the one place that knows both the crawl and Beam.

    orders -> batches | Spread | Fetch  -> deliveries
                      | Report          -> a file each, where the crawl looks for them

Only this part of a crawl runs on workers. What needs a token stays in the process that started the
crawl (`crawling.fetch`), so that one budget a token holds for any number of workers; they get
the addresses of archives, which lie on a host that wants no token. A worker may be killed, and an
engine may carry out a batch twice: an archive that stands is not fetched again, an order of which
nothing is heard is given again.

The same graph runs on this machine, where the in-memory runner gets one batch and `threads` of this
process fetch it, and on an engine, whose workers must reach the crawl's folder under its path.
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
from codecorpus.pipelines.crawl.download import Threads
from codecorpus.pipelines.crawl.fetch_jobs import TEMPORARY, Delivery, Order, Terms
from codecorpus.pipelines.engines.job_servers import killed_with_this_process

Batch = tuple[Order, ...]

BATCH: Final = 8
"""Orders in one element on an engine: some seconds of work, and little to do again."""

_LOOK: Final = 0.1  # seconds between two looks for reports
_CANCELLING: Final = 30.0  # seconds that cancelling a job may take
_STARTING: Final = 600.0  # seconds that an engine may take to start its workers
_stopped = threading.Event()
"""Set to end the downloads of this process; the in-memory runner's workers are its threads."""


class Fetch(beam.DoFn):  # type: ignore[misc]
    """Carries out a batch of orders, several at once.

    Args:
        terms: of the crawl.
        threads: archives that one worker fetches at once.
    """

    def __init__(self, terms: Terms, threads: int) -> None:
        super().__init__()
        self._terms = terms
        self._threads = threads

    def process(self, spread: tuple[int, Iterable[Batch]]) -> Iterator[Delivery]:
        """What came of each order, as it comes."""
        worker = Threads(self._terms, threads=self._threads, stopped=_stopped)
        for batch in spread[1]:
            yield from worker.carry(batch)


class FetchArchives(beam.PTransform):  # type: ignore[misc]
    """From all batches of a round to deliveries, each of which is reported in a file.

    Batches are spread by their numbers, as the tasks of a build are (`beam_stages`).

    Args:
        terms: of the crawl.
        threads: archives that one worker fetches at once.
        reports: the folder of the files.
    """

    def __init__(self, terms: Terms, threads: int, reports: str) -> None:
        super().__init__()
        self._terms = terms
        self._threads = threads
        self._reports = reports

    def expand(self, rounds: beam.PCollection) -> beam.PCollection:
        """The steps."""
        return (
            rounds
            | "Number" >> beam.FlatMap(_numbered)
            | "Spread" >> beam.GroupByKey()
            | "Fetch" >> beam.ParDo(Fetch(self._terms, self._threads))
            | "Report" >> beam.Map(report, self._reports)
        )


class BeamCarrier:
    """Has orders carried out by a runner of Beam, a run of the graph a round (`orders.Carrier`).

    Args:
        terms: of the crawl.
        options: Beam's.
        threads: archives that one worker fetches at once.
        batch: orders in one element; None: all of a round, for a runner that is this process.
    """

    def __init__(
        self, terms: Terms, options: PipelineOptions, *, threads: int, batch: int | None
    ) -> None:
        self._terms = terms
        self._options = options
        self._threads = threads
        self._batch = batch
        self._running: Any = None
        _stopped.clear()

    def carry(self, orders: Sequence[Order]) -> Iterator[Delivery]:
        """Carry out orders; deliveries as they are reported.

        Raises:
            RetryableError: the runner gave up.
        """
        reports = Path(self._terms.out) / TEMPORARY / f"reports-{uuid.uuid4().hex}"
        reports.mkdir(parents=True)
        job = _Job()
        try:
            self._begin(job, orders, reports)
            yield from self._follow(job, reports)
        except CodecorpusError:
            self.stop()
            raise
        except Exception as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise RetryableError(
                f"the runner gave up a round of {len(orders):,} archives: {first}; what was "
                "fetched is kept: run the same command again"
            ) from error
        reports.rmdir()

    def stop(self) -> None:
        """End the downloads of this process, or the engine's job."""
        _stopped.set()
        if (running := self._running) is not None:
            cancelling = threading.Thread(target=_cancel, args=(running,), daemon=True)
            cancelling.start()
            cancelling.join(_CANCELLING)

    def _begin(self, job: "_Job", orders: Sequence[Order], reports: Path) -> None:
        size = self._batch or len(orders)
        batches = [tuple(orders[at : at + size]) for at in range(0, len(orders), size)]
        pipeline = beam.Pipeline(options=self._options)
        _ = (
            pipeline
            | "Orders" >> beam.Create([batches])
            | "Archives" >> FetchArchives(self._terms, self._threads, str(reports))
        )
        if self._batch is None:
            job.start(lambda: pipeline.run().wait_until_finish())
        else:
            before = signal.getsignal(signal.SIGINT)
            with killed_with_this_process():
                self._running = pipeline.run()
            # Beam's handler would stop the job's server before the job can be cancelled.
            signal.signal(signal.SIGINT, before)
            job.start(self._running.wait_until_finish)

    def _follow(self, job: "_Job", reports: Path) -> Iterator[Delivery]:
        """What is reported until the job is over; a report that was read is removed.

        Raises:
            RetryableError: an engine has reported nothing for so long that it must be stuck.
            Exception: whatever the job ended with.
        """
        patience = 2 * self._terms.archive_seconds + _STARTING
        heard, over = time.monotonic(), False
        while not over:
            over = job.ended.wait(_LOOK)
            for path in sorted(reports.glob("*.json")):
                yield Delivery.from_json(path.read_text("utf-8"))
                path.unlink()
                heard = time.monotonic()
            if self._batch is not None and time.monotonic() - heard > patience:
                raise RetryableError(
                    f"no worker has reported anything for {patience:,.0f} s; look at the workers' "
                    f"own logs: they must reach {self._terms.out}; then run the same command again"
                )
        self._running = None
        if job.error is not None:
            raise job.error


class _Job:
    """A run of the graph; a thread waits for its end."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.error: Exception | None = None

    def start(self, wait: Callable[[], object]) -> None:
        """Begin to wait: for the end of the job, by `wait`."""
        threading.Thread(target=self._wait, args=(wait,), daemon=True).start()

    def _wait(self, wait: Callable[[], object]) -> None:
        try:
            wait()
        except Exception as error:  # noqa: BLE001 - raised by the thread that follows
            self.error = error
        self.ended.set()


def report(delivery: Delivery, folder: str) -> None:
    """Say what came of an order, in a file that appears whole; saying it twice does no harm."""
    final = Path(folder) / f"{delivery.id}.json"
    temporary = final.with_suffix(f".{uuid.uuid4().hex}")
    temporary.write_text(delivery.to_json(), "utf-8")
    temporary.replace(final)


def _numbered(batches: list[Batch]) -> list[tuple[int, Batch]]:
    return list(enumerate(batches))


def _cancel(running: Any) -> None:  # noqa: ANN401 - each engine has its own
    with contextlib.suppress(Exception):  # it may have ended, or its server may be gone
        running.cancel()
