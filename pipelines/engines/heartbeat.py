"""Heartbeats: how the command knows that an engine's workers are running.

Engines do not report this. A worker that cannot start hangs a Spark job forever without an error
(seen with Beam 2.77), and a task may take an hour, so a time limit on the job would not work.
Instead, each process that performs a task rewrites a small file in `log/alive` every few seconds,
and the command checks whether any of these files, or any marker, has changed. It compares contents
rather than timestamps because the machines' clocks may differ.
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
"""The folder with one file per worker process."""

INTERVAL = 5.0
"""Seconds between two heartbeats of a process."""

_numbers = count(1)
_last = {"sent": -INTERVAL}


@contextlib.contextmanager
def send_heartbeats(folder: Folder) -> Iterator[None]:
    """Send heartbeats while the block runs; one block at a time per process."""
    done = threading.Event()
    threading.Thread(target=_send_until, args=(done, folder), daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _send_until(done: threading.Event, folder: Folder) -> None:
    """Send the first heartbeat immediately, unless the previous task has just sent one."""
    while True:
        wait = _last["sent"] + INTERVAL - time.monotonic()
        if done.wait(max(wait, 0.0)):
            return
        _last["sent"] = time.monotonic()
        with contextlib.suppress(StorageError):  # the task itself will report it
            name = f"{HEARTBEATS}/{socket.gethostname()}-{os.getpid()}"
            folder.write_bytes(name, f"{next(_numbers)}\n".encode(), {})


class HeartbeatMonitor:
    """Measures how long nothing has changed in a build's folder.

    Args:
        folder: the output folder.
        clock: returns seconds since an arbitrary point.
    """

    def __init__(self, folder: Folder, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._seen: object = None
        self._changed = clock()

    @property
    def any_seen(self) -> bool:
        """Whether any worker has ever sent a heartbeat."""
        return bool(self._folder.names(HEARTBEATS))

    def seconds_since_change(self, state: object) -> float:
        """Check the folder again; return the seconds since the last change.

        Args:
            state: anything else whose change counts as activity, such as the number of markers.
        """
        seen = (state, self._stamps())
        if seen != self._seen:
            self._seen, self._changed = seen, self._clock()
        return self._clock() - self._changed

    def _stamps(self) -> dict[str, str]:
        found = {}
        for name in self._folder.names(HEARTBEATS):
            with contextlib.suppress(OSError):  # the file is being replaced
                found[name] = self._folder.stamp(f"{HEARTBEATS}/{name}")
        return found
