"""The lock of an output folder in a store: one build at a time, without a process to tie it to.

The lock is a small object that names its holder, who rewrites it every RENEW_SECONDS. A build that
finds one watches it for EXPIRY_SECONDS. If it changes, its holder is alive, and the new build is
refused. If it does not, its holder was killed, and the lock is taken over; this happens at once if
the holder was a process of this machine that has ended. Only changes count, not timestamps, because
clocks may differ. If two builds run in spite of the lock, no file is damaged: both write the same
bytes under the same names.
"""

import contextlib
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.stores.base import WritableStore

RENEW_SECONDS = 20.0
"""Time between two renewals of a lock."""

EXPIRY_SECONDS = 70.0
"""Time without renewal after which a lock's holder counts as dead."""

_POLL_SECONDS = 5.0  # between two reads of another build's lock
_RACE_SECONDS = 1.0  # in which two builds that take over at once see each other


@contextlib.contextmanager
def hold_lock(store: WritableStore, url: str, folder: str) -> Iterator[None]:
    """Hold a lock while the block runs.

    Args:
        store: where the lock is.
        url: the lock's.
        folder: the folder that it protects, for messages.

    Raises:
        OutputConflictError: another build holds it.
    """
    lock = _Lock(store, url)
    lock.acquire(folder)
    done = threading.Event()
    thread = threading.Thread(target=lock.renew, args=(done,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        with contextlib.suppress(CodecorpusError, OSError):  # the next build sees that we are gone
            if lock.is_ours(lock.read()):
                store.remove(url)


class _Lock:
    def __init__(self, store: WritableStore, url: str) -> None:
        self._store, self._url = store, url
        self._holder = {"token": uuid.uuid4().hex, "host": socket.gethostname(), "pid": os.getpid()}

    def acquire(self, folder: str) -> None:
        with contextlib.suppress(FileExistsError):
            self._write(0, create=True)
            return
        other = self.read()
        if self.is_ours(other):  # it was written, but the response was lost
            return
        end = time.monotonic() + EXPIRY_SECONDS
        while not _is_dead(other) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
            if (now := self.read()) != other and now is not None:
                raise _conflict(now, folder)
        self._write(0)
        time.sleep(_RACE_SECONDS)
        if not self.is_ours(now := self.read()):
            raise _conflict(now, folder)

    def renew(self, done: threading.Event) -> None:
        renewals = 0
        while not done.wait(RENEW_SECONDS):
            renewals += 1
            with contextlib.suppress(CodecorpusError, OSError):  # the next renewal may succeed
                if self.is_ours(self.read()):
                    self._write(renewals)

    def is_ours(self, lock: dict[str, Any] | None) -> bool:
        return (lock or {}).get("token") == self._holder["token"]

    def _write(self, renewals: int, *, create: bool = False) -> None:
        text = json.dumps({**self._holder, "renewals": renewals}) + "\n"
        self._store.write(self._url, text.encode(), create=create)

    def read(self) -> dict[str, Any] | None:
        """The content of the stored lock: None if there is no lock, {} if it is damaged."""
        info = self._store.info(self._url)
        if info is None:
            return None
        try:
            lock = json.loads(self._store.read(self._url, 0, info.size))
        except (FileNotFoundError, ValueError):
            return {}
        return lock if isinstance(lock, dict) else {}


def _is_dead(lock: dict[str, Any] | None) -> bool:
    """Whether there is no lock, or its holder was a process of this machine that has ended."""
    if lock is None:
        return True
    if lock.get("host") != socket.gethostname() or not isinstance(lock.get("pid"), int):
        return False
    try:
        os.kill(lock["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _conflict(lock: dict[str, Any] | None, folder: str) -> OutputConflictError:
    holder = lock or {}
    return OutputConflictError(
        f"another build is running in {folder} (process {holder.get('pid')} on "
        f"{holder.get('host')}); wait for it, or choose another --out"
    )
