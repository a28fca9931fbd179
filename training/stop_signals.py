"""SIGTERM and SIGUSR1 ask a run to save a checkpoint and to end.

A handler only sets a flag. Ranks receive the signal at different moments, so the flag is combined
over all ranks once a step: they all stop after the same one. Schedulers such as Slurm send SIGUSR1
some time before a job's end; torchrun forwards SIGTERM, and kills its processes 30 s later unless
`--shutdown-timeout` gives them longer.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGUSR1)


class StopRequest:
    """Whether this process was asked to stop."""

    def __init__(self) -> None:
        self.received = False

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.received = True

    @contextmanager
    def listening(self) -> Iterator["StopRequest"]:
        """Handle the signals until the block ends."""
        before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
