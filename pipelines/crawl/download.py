"""A worker's part of a crawl: archives from the network to their files, several at once.

An archive comes into a temporary file, is looked through as it comes, and has its final name only
when it is whole. One that has its final name already was fetched by a worker or a run that was
killed before it could say so: it is looked through, and not fetched again.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx2

from codecorpus.pipelines.crawl.archive_validation import TooLargeError, receive
from codecorpus.pipelines.crawl.clock import StoppedError
from codecorpus.pipelines.crawl.fetch_jobs import TEMPORARY, Delivery, Kind, Order, Stored, Terms
from codecorpus.pipelines.crawl.responses import Action, Answer, Follow, Gone, Take, Wait, judge
from codecorpus.pipelines.crawl.transport import CHUNK, MOST_HOPS, client, describe, headers_of
from codecorpus.pipelines.sources.base import DamagedError

STOPPED: Final = "the crawl was stopped"

_READ: Final = 1 << 20


class Threads:
    """Carries orders out by threads of this process (`orders.Carrier`).

    Args:
        terms: of the crawl.
        threads: archives that are fetched at once.
        stopped: set to end the work; one of its own if none is given.
    """

    def __init__(
        self, terms: Terms, *, threads: int, stopped: threading.Event | None = None
    ) -> None:
        self._terms = terms
        self._threads = threads
        self._stopped = stopped or threading.Event()

    def stop(self) -> None:
        """End all downloads, now and later."""
        self._stopped.set()

    def carry(self, orders: Sequence[Order]) -> Iterator[Delivery]:
        """Carry out orders; deliveries as they come."""
        if self._stopped.is_set():
            yield from (Delivery(order.id, order.archive, "held", STOPPED) for order in orders)
            return
        with ExitStack() as stack:
            asks = stack.enter_context(client(self._terms.timeout))
            pool = stack.enter_context(ThreadPoolExecutor(self._threads, "fetch"))
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            worker = Downloader(self._terms, asks, self._stopped.is_set)
            futures = [pool.submit(worker.deliver, order) for order in orders]
            for future in as_completed(futures):
                yield future.result()


class Downloader:
    """Makes one attempt at an order; threads may share it.

    Args:
        terms: of the crawl.
        asks: the client.
        stopped: whether the crawl ends.
    """

    def __init__(self, terms: Terms, asks: httpx2.Client, stopped: Callable[[], bool]) -> None:
        self._terms = terms
        self._out = Path(terms.out)
        self._client = asks
        self._stopped = stopped
        self._held_until = 0.0

    def deliver(self, order: Order) -> Delivery:
        """What comes of an order; it is held when the crawl ends."""
        if (left := self._held_until - time.monotonic()) > 0:
            return Delivery(order.id, order.archive, "held", wait=left)
        try:
            stored = standing(self._out, order.archive, order.commit, self._terms.most)
            found = stored or self._fetch(order)
        except StoppedError as stopped:
            return Delivery(order.id, order.archive, "held", str(stopped))
        except OSError as error:
            return Delivery(order.id, order.archive, "storage", str(error))
        if isinstance(found, Stored):
            return Delivery(order.id, order.archive, "stored", stored=found)
        return self._explain(order, found)

    def _explain(self, order: Order, action: Action) -> Delivery:
        if not isinstance(action, Wait):
            reason = action.reason if isinstance(action, Gone) else "forbidden"
            return Delivery(order.id, order.archive, "gone", reason)
        wait = max(0.0, action.until - time.time())
        if action.limited:
            self._held_until = time.monotonic() + wait
        kind: Kind = "limited" if action.limited else "later"
        return Delivery(order.id, order.archive, kind, action.reason, wait)

    def _fetch(self, order: Order) -> Stored | Action:
        """The archive, or what to do about the answer that came instead.

        Raises:
            StoppedError: the crawl ends.
            OSError: the crawl's folder cannot be written to.
        """
        self._look()
        temporary = self._out / TEMPORARY / uuid.uuid4().hex
        try:
            found = self._receive(order, temporary)
            if isinstance(found, Stored):
                final = self._out / order.archive
                final.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(final)
        except TooLargeError:
            return Gone("size")
        except DamagedError as error:
            return Wait(time.time() + 2.0 ** (order.tries + 1), error.detail)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            return judge(Answer(0, trouble=describe(error)), order.tries, time.time())
        finally:
            temporary.unlink(missing_ok=True)
        return found

    def _receive(self, order: Order, into: Path) -> Stored | Action:
        url = order.url
        for _ in range(MOST_HOPS):
            with self._client.stream(
                "GET", url, headers={"accept-encoding": "identity"}
            ) as response:
                answer = Answer(response.status_code, headers_of(response))
                action = judge(answer, order.tries, time.time())
                if isinstance(action, Take):
                    with into.open("xb") as file:
                        return receive(
                            self._chunks(response),
                            file,
                            name=order.archive,
                            commit=order.commit,
                            most=self._terms.most,
                        )
                if not isinstance(action, Follow):
                    return action
                url = urljoin(url, action.url)
        return Gone("too_many_redirects")

    def _look(self) -> None:
        if self._stopped():
            raise StoppedError(STOPPED)

    def _chunks(self, response: httpx2.Response) -> Iterator[bytes]:
        most = self._terms.archive_seconds
        deadline = time.monotonic() + most
        for chunk in response.iter_raw(CHUNK):
            yield chunk
            self._look()
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout(f"it took longer than {most:g} seconds")


def standing(out: Path, name: str, commit: str, most: int) -> Stored | None:
    """The archive that a killed run or worker has left, if there is one and it is whole.

    Args:
        out: the crawl's folder.
        name: of the archive in it.
        commit: that it must be of.
        most: as in `receiving.receive`.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with (out / name).open("rb") as file:
            chunks = iter(lambda: file.read(_READ), b"")
            return receive(chunks, None, name=name, commit=commit, most=most)
    except (FileNotFoundError, DamagedError, TooLargeError):
        return None
