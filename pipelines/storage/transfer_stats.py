"""How many bytes this process has fetched of files elsewhere; a prediction tells what it cost."""

import threading
from typing import NamedTuple


class Traffic(NamedTuple):
    """Bytes that came."""

    fetched: int = 0
    """In all; what listing a store takes is not counted."""
    whole: int = 0
    """Of these, those of data files and archives that came from their beginning to their end."""

    def since(self, before: "Traffic") -> "Traffic":
        """What came after `before` was noted."""
        return Traffic(self.fetched - before.fetched, self.whole - before.whole)


_lock = threading.Lock()  # ranges come on threads of their own
_total = Traffic()


def note(size: int, *, whole: bool = False) -> None:
    """Count bytes that came; those of a whole file are counted twice: as they come, and as such."""
    global _total  # noqa: PLW0603 - one a process
    with _lock:
        if whole:
            _total = _total._replace(whole=_total.whole + size)
        else:
            _total = _total._replace(fetched=_total.fetched + size)


def noted() -> Traffic:
    """What has come so far."""
    return _total
