"""Fetching all repositories: orders are made here, under the budgets, and carried out elsewhere.

    resolve  repository -> order     threads of this process: two requests with a token
    carry    orders -> deliveries    a round at a time, by whoever the carrier is; begun in the
                                     main thread, where engines insist on being
    settle   delivery -> state       a thread that all the others report to

While a round is on its way, the orders of the next one are made. Whatever the number of workers,
all requests that cost budget go through one process, so the budgets hold without any agreement
between workers. The price: one archive that comes slowly holds up its round; the next one's orders
are made meanwhile, so the budget, which is what limits a crawl, goes on being used.
"""

import heapq
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from codecorpus.foundation.errors import RetryableError, StorageError
from codecorpus.pipelines.crawl.clock import Clock, StoppedError
from codecorpus.pipelines.crawl.download import STOPPED
from codecorpus.pipelines.crawl.fetch_jobs import Carrier, Delivery, Order, Stored
from codecorpus.pipelines.crawl.resolve import Resolver
from codecorpus.pipelines.crawl.responses import MOST_TRIES
from codecorpus.pipelines.crawl.state import State

AHEAD: Final = 256
"""Orders that are made ahead; those of a killed run cost a request each to make again."""
MOST_FAILURES: Final = 20
"""So many repositories in a row that cannot be had, and GitHub itself is away."""

_TRIES: Final = 3  # times that an archive is fetched when what comes is damaged, or nothing
_TICK: Final = 0.5  # seconds between two looks at what has become due


class Watcher(Protocol):
    """Whoever shows progress."""

    def fetched(self, done: int, pending: int, size: int) -> None:
        """So many repositories are done, so many are not, and so many bytes came."""


@dataclass(frozen=True)
class _Resolved:
    """What a repository was resolved to; `error` if that ends the crawl."""

    id: int
    tries: int
    found: Order | Stored | None = None
    error: BaseException | None = None


@dataclass(frozen=True)
class _Over:
    """A round has ended; `error` if that ends the crawl."""

    error: BaseException | None = None


class Fetching:
    """Brings all repositories of a crawl to their end, those that turn up meanwhile too.

    Args:
        resolver: makes orders.
        state: where the repositories stand.
        clock: tells the time and waits.
        carrier: carries orders out.
        resolvers: orders that are made at once.
        watcher: is told of progress.
    """

    def __init__(
        self,
        resolver: Resolver,
        state: State,
        clock: Clock,
        carrier: Carrier,
        *,
        resolvers: int,
        watcher: Watcher,
    ) -> None:
        self._resolver = resolver
        self._repositories = state.repositories
        self._clock = clock
        self._carrier = carrier
        self._resolvers = resolvers
        self._watcher = watcher
        self._events: SimpleQueue[_Resolved | Delivery | _Over] = SimpleQueue()
        self._rounds: SimpleQueue[list[Order] | None] = SimpleQueue()
        self._on_the_way: set[int] = set()  # resolving, ready, under way, or to be tried again
        self._last = 0  # the last id that was taken from the state
        self._ready: list[Order] = []
        self._round: dict[int, Order] = {}  # what has not been delivered of it
        self._under_way = False
        self._again: list[tuple[float, int, int]] = []  # when, which one, tries before
        self._not_before = 0.0  # the archives' host wants to be left alone until then
        self._done = self._size = self._failures = 0

    def run(self) -> None:
        """Fetch until nothing is left that is due.

        Raises:
            RetryableError: GitHub is away.
            CodecorpusError: as its text says.
        """
        with (
            ThreadPoolExecutor(self._resolvers, "order") as pool,
            ThreadPoolExecutor(1, "crawl") as crawl,
        ):
            try:
                over = crawl.submit(self._crawl, pool)
                over.add_done_callback(lambda _: self._rounds.put(None))
                while (orders := self._rounds.get()) is not None:
                    self._carry(orders)
                over.result()
            except BaseException:
                self._clock.stop()
                self._carrier.stop()
                self._events.put(_Over(StoppedError(STOPPED)))
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _crawl(self, pool: ThreadPoolExecutor) -> None:
        try:
            while self._go_on(pool):
                self._take()
        except BaseException:
            self._carrier.stop()  # a round may be under way
            raise

    def _go_on(self, pool: ThreadPoolExecutor) -> bool:
        """Give out what there is to do; whether anything is."""
        now = self._clock.now()
        while self._again and self._again[0][0] <= now:
            _, one, tries = heapq.heappop(self._again)
            pool.submit(self._resolve, one, tries)
        while len(self._on_the_way) < AHEAD and (found := self._pending(now)):
            for one in found:
                self._on_the_way.add(one)
                pool.submit(self._resolve, one, 0)
        if self._ready and not self._under_way and self._not_before <= now:
            self._begin_round()
        return bool(self._on_the_way)

    def _pending(self, now: float) -> list[int]:
        """The next repositories; from the first one again when the last was reached."""
        room = AHEAD - len(self._on_the_way)
        found = self._repositories.pending(self._last, now, room)
        if not found and self._last:
            all_ = self._repositories.pending(0, now, room + AHEAD)
            found = [one for one in all_ if one not in self._on_the_way][:room]
        self._last = found[-1] if found else 0
        return [one for one in found if one not in self._on_the_way]

    def _begin_round(self) -> None:
        self._round = {order.id: order for order in self._ready}
        orders, self._ready = self._ready, []
        self._under_way = True
        self._rounds.put(orders)

    def _take(self) -> None:
        """Wait for something to happen, or for something to become due."""
        resting = len(self._again) + len(self._ready)
        if resting == len(self._on_the_way) and not self._under_way:
            moments = [self._again[0][0]] if self._again else []
            moments += [self._not_before] if self._ready else []
            self._clock.wait_until(min(moments))
            return
        try:
            event = self._events.get(timeout=_TICK)
        except Empty:
            return
        if isinstance(event, Delivery):
            self._settle(event)
        elif event.error is not None:
            raise event.error
        elif isinstance(event, _Resolved):
            self._resolved(event)
        else:
            self._end_round()

    def _resolve(self, one: int, tries: int) -> None:
        try:
            self._events.put(_Resolved(one, tries, self._resolver.order(one, tries)))
        except BaseException as error:  # noqa: BLE001 - raised by the thread that settles
            self._events.put(_Resolved(one, tries, error=error))

    def _carry(self, orders: Sequence[Order]) -> None:
        try:
            for delivery in self._carrier.carry(orders):
                self._events.put(delivery)
            self._events.put(_Over())
        except BaseException as error:  # noqa: BLE001 - raised by the thread that settles
            self._events.put(_Over(error))

    def _resolved(self, event: _Resolved) -> None:
        if isinstance(event.found, Order):
            self._ready.append(event.found)
        elif event.found is not None:
            self._store(event.id, event.found)
        else:
            self._end(event.id)

    def _end_round(self) -> None:
        self._under_way = False
        for order in list(self._round.values()):
            self._settle(Delivery(order.id, order.archive, "later", "the worker was lost"))

    def _settle(self, delivery: Delivery) -> None:
        """Take up what came of an order; once, whoever says it again."""
        order = self._round.get(delivery.id)
        if order is None or order.archive != delivery.archive:
            return
        del self._round[delivery.id]
        match delivery.kind:
            case "stored":
                assert delivery.stored is not None
                self._store(delivery.id, delivery.stored)
            case "gone":
                self._repositories.skip(delivery.id, delivery.reason)
                self._end(delivery.id)
            case "later":
                self._try_again(order, delivery, _TRIES)
            case "limited" | "held":
                self._not_before = max(self._not_before, self._clock.now() + delivery.wait)
                counts = delivery.kind == "limited"
                self._try_again(order, delivery, MOST_TRIES if counts else None)
            case "storage":
                raise StorageError(f"{delivery.archive}: {delivery.reason}; mend what it names")

    def _try_again(self, order: Order, delivery: Delivery, most: int | None) -> None:
        """Give an order again later; `most` None: this was no try."""
        tries = order.tries + (most is not None)
        now = self._clock.now()
        if most is not None and tries >= most:
            reason = f"the archive, {tries} times: {delivery.reason}"
            self._repositories.fail(order.id, reason, now)
            self._end(order.id)
        else:
            heapq.heappush(self._again, (now + delivery.wait, order.id, tries))

    def _store(self, one: int, stored: Stored) -> None:
        day = datetime.fromtimestamp(self._clock.now(), UTC).date().isoformat()
        self._repositories.store(one, day, stored)
        self._size += stored.archive_bytes
        self._end(one)

    def _end(self, one: int) -> None:
        """A repository has come to its end in this run.

        Raises:
            RetryableError: it failed, and so did too many before it.
        """
        self._on_the_way.remove(one)
        self._done += 1
        row = self._repositories.get(one)
        self._failures = self._failures + 1 if row["state"] == "failed" else 0
        if self._failures >= MOST_FAILURES:
            raise RetryableError(
                f"{self._failures} repositories in a row could not be fetched, the last one "
                f"because: {row['reason']}; run the same command again later: it goes on where it "
                "stopped"
            )
        self._watcher.fetched(self._done, len(self._on_the_way), self._size)
