"""Counts the bytes that this process fetches from remote files; preflight estimates from them."""

import threading
from typing import NamedTuple


class TransferStats(NamedTuple):
    """Bytes fetched."""

    fetched: int = 0
    """In total, without listings."""
    whole: int = 0
    """The part of `fetched` that belongs to files read from beginning to end."""

    def since(self, earlier: "TransferStats") -> "TransferStats":
        """The bytes fetched since an earlier snapshot."""
        return TransferStats(self.fetched - earlier.fetched, self.whole - earlier.whole)


_lock = threading.Lock()  # ranges arrive on several threads
_total = TransferStats()


def record(*, fetched: int = 0, whole: int = 0) -> None:
    """Add to the counts; the bytes of a whole file are recorded as `fetched` as they arrive."""
    global _total  # noqa: PLW0603 - one count per process
    with _lock:
        _total = TransferStats(_total.fetched + fetched, _total.whole + whole)


def snapshot() -> TransferStats:
    """The counts so far."""
    return _total
