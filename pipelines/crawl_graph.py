"""Fetching archives as a Beam graph: the one place that knows both the crawl and Beam.

    orders -> batches | Spread | Fetch  -> deliveries
                      | Report          -> a file each, where the crawl looks for them

Only this part of a crawl runs on workers. What needs a token stays in the process that started the
crawl (`crawling.fetch`), so that one budget a token holds for any number of workers; they get the
addresses of archives, which lie on a host that wants no token. A worker may be killed, and an
engine may carry out a batch twice: an archive that stands is not fetched again, an order of which
nothing is heard is given again.

The same graph runs on this machine, where the in-memory runner gets one batch and `threads` of this
process fetch it, and on an engine, whose workers must reach the crawl's folder under its path.
"""

import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from foundation.errors import CodecorpusError, RetryableError
from pipelines.crawling.downloading import Threads
from pipelines.crawling.orders import TEMPORARY, Delivery, Order, Terms

Batch = tuple[Order, ...]

BATCH: Final = 8
"""Orders in one element on an engine: some seconds of work, and little to do again."""

_LOOK: Final = 0.1  # seconds between two looks for reports
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
        with ThreadPoolExecutor(1, "graph") as pool:
            run = pool.submit(self._run, orders, reports)
            yield from _follow(run, reports)
        try:
            run.result()
        except CodecorpusError:
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
        if self._running is not None:
            self._running.cancel()

    def _run(self, orders: Sequence[Order], reports: Path) -> None:
        size = self._batch or len(orders)
        batches = [tuple(orders[at : at + size]) for at in range(0, len(orders), size)]
        pipeline = beam.Pipeline(options=self._options)
        _ = (
            pipeline
            | "Orders" >> beam.Create([batches])
            | "Archives" >> FetchArchives(self._terms, self._threads, str(reports))
        )
        self._running = pipeline.run()
        try:
            self._running.wait_until_finish()
        finally:
            self._running = None


def report(delivery: Delivery, folder: str) -> None:
    """Say what came of an order, in a file that appears whole; saying it twice does no harm."""
    final = Path(folder) / f"{delivery.id}.json"
    temporary = final.with_suffix(f".{uuid.uuid4().hex}")
    temporary.write_text(delivery.to_json(), "utf-8")
    temporary.replace(final)


def _numbered(batches: list[Batch]) -> list[tuple[int, Batch]]:
    return list(enumerate(batches))


def _follow(run: Future[None], reports: Path) -> Iterator[Delivery]:
    """What is reported until the run is over; a report that was read is removed."""
    over = False
    while not over:
        over = bool(wait([run], timeout=_LOOK).done)
        for path in sorted(reports.glob("*.json")):
            yield Delivery.from_json(path.read_text("utf-8"))
            path.unlink()
