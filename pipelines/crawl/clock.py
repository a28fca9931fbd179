"""Time as the crawl sees it: one place to wait, so that Ctrl-C ends every wait at once."""

import threading
import time
from typing import Protocol

from codecorpus.foundation.errors import RetryableError


class StoppedError(RetryableError):
    """The crawl ends: another part of it failed, or the person pressed Ctrl-C."""


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""

    def wait_until(self, moment: float) -> None:
        """Return when `moment` has come; at once if it has.

        Raises:
            StoppedError: the crawl ends.
        """

    def stop(self) -> None:
        """End the crawl: all waits, now and later, are over."""


class SystemClock:
    """The clock of this machine."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def wait_until(self, moment: float) -> None:
        """Sleep, in pieces, because a clock that is set may jump."""
        while not self._stopped.is_set():
            left = moment - self.now()
            if left <= 0:
                return
            self._stopped.wait(min(left, 60.0))
        raise StoppedError("the crawl was stopped")

    def stop(self) -> None:
        """Wake all that wait."""
        self._stopped.set()
