"""Signs of life: how the command knows that an engine's workers are at work.

Engines do not say. A worker that cannot start hangs a Spark job for good without an error (Beam
2.77, seen), and a task may take an hour, so no time limit on a job would do. Whoever performs a
task, therefore, rewrites a small file in `log/alive` every few seconds; the command looks whether
anything there, or any marker, has changed. Changes count, not times of day: clocks may differ.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.storage.folder import Folder

HEARTBEATS = "log/alive"
"""Holds a file a worker process."""

INTERVAL = 5.0
"""Seconds between signs of one process."""

_numbers = count(1)
_last = {"sign": -INTERVAL}


@contextlib.contextmanager
def send_heartbeats(folder: Folder) -> Iterator[None]:
    """Give signs of life while the block runs; one block at a time in a process."""
    done = threading.Event()
    threading.Thread(target=_beat, args=(folder, done), daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _beat(folder: Folder, done: threading.Event) -> None:
    """The first sign comes at once, unless the task before has just left one."""
    while True:
        wait = _last["sign"] + INTERVAL - time.monotonic()
        if done.wait(max(wait, 0.0)):
            return
        _last["sign"] = time.monotonic()
        with contextlib.suppress(StorageError):  # the task itself will say so
            name = f"{HEARTBEATS}/{socket.gethostname()}-{os.getpid()}"
            folder.write_bytes(name, f"{next(_numbers)}\n".encode(), {})


class HeartbeatMonitor:
    """Notices when nothing has changed in a folder for too long.

    Args:
        folder: of the build.
        clock: seconds, from any point on.
    """

    def __init__(self, folder: Folder, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._seen: object = None
        self._changed = clock()

    @property
    def any_seen(self) -> bool:
        """Whether a worker has ever given a sign."""
        return bool(self._folder.names(HEARTBEATS))

    def seconds_since_change(self, state: object) -> float:
        """Seconds since the last change; looks anew.

        Args:
            state: what else counts as a sign when it changes, such as the markers' number.
        """
        seen = (state, self._signs())
        if seen != self._seen:
            self._seen, self._changed = seen, self._clock()
        return self._clock() - self._changed

    def _signs(self) -> dict[str, str]:
        found = {}
        for name in self._folder.names(HEARTBEATS):
            with contextlib.suppress(OSError):  # it is being replaced
                found[name] = self._folder.stamp(f"{HEARTBEATS}/{name}")
        return found
