"""The clock of a crawl. All waits go through it, so that Ctrl-C ends them at once."""

import threading
import time
from typing import Protocol

from codecorpus.foundation.errors import RetryableError


class StoppedError(RetryableError):
    """The crawl is ending: another part of it failed, or the user pressed Ctrl-C."""


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""

    def wait_until(self, moment: float) -> None:
        """Wait until `moment`, in seconds since 1970; return at once if it has passed.

        Raises:
            StoppedError: the crawl is ending.
        """

    def stop(self) -> None:
        """End the crawl: every current and later wait raises `StoppedError`."""


class SystemClock:
    """The clock of this machine."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def wait_until(self, moment: float) -> None:
        """Wait in steps of at most a minute, because the system clock may be set meanwhile."""
        while not self._stopped.is_set():
            left = moment - self.now()
            if left <= 0:
                return
            self._stopped.wait(min(left, 60.0))
        raise StoppedError("the crawl was stopped")

    def stop(self) -> None:
        """Wake all waiting threads."""
        self._stopped.set()
