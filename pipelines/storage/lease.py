"""One build at a time in a folder of a store, where nothing goes with the process that made it.

The lock is a small object that names its holder, who renews it every BEAT seconds. Whoever finds
one looks at it for PATIENCE seconds: if it changes, its holder lives, and the other is refused; if
it does not, its holder was killed, and the lock is taken over, at once when the holder was a
process of this machine that is gone. Changes count, not times of day: clocks may differ. Should two
builds run all the same, no file is damaged: each writes the same bytes under the same names.
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
from codecorpus.pipelines.storage.folder import RefusedError
from codecorpus.pipelines.storage.stores.base import WritableStore

BEAT = 20.0
"""Seconds between two renewals of a lock."""

PATIENCE = 70.0
"""Seconds without renewal after which a lock's holder is gone."""

_LOOK = 5.0  # seconds between looks at another's lock
_SETTLE = 1.0  # seconds in which two that take over at once see each other


@contextlib.contextmanager
def hold(store: WritableStore, url: str, folder: str) -> Iterator[None]:
    """Hold a lock while the block runs.

    Args:
        store: where it lies.
        url: the lock's.
        folder: what it keeps others out of, for messages.

    Raises:
        RefusedError: another build holds it.
    """
    mine = {"token": uuid.uuid4().hex, "host": socket.gethostname(), "pid": os.getpid()}
    _take(store, url, mine, folder)
    done = threading.Event()
    thread = threading.Thread(target=_renew, args=(store, url, mine, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        with contextlib.suppress(CodecorpusError, OSError):  # the next build sees that we are gone
            if _token(_read(store, url)) == mine["token"]:
                store.remove(url)


def _take(store: WritableStore, url: str, mine: dict[str, Any], folder: str) -> None:
    with contextlib.suppress(FileExistsError):
        store.write(url, _text(mine, 0), create=True)
        return
    other = _read(store, url)
    if _token(other) == mine["token"]:  # it was written, though the answer was lost
        return
    give_up = time.monotonic() + PATIENCE
    while not _is_gone(other) and time.monotonic() < give_up:
        time.sleep(_LOOK)
        if (now := _read(store, url)) != other and now is not None:
            raise RefusedError(_held(now, folder))
    store.write(url, _text(mine, 0))
    time.sleep(_SETTLE)
    if _token(now := _read(store, url)) != mine["token"]:
        raise RefusedError(_held(now, folder))


def _renew(store: WritableStore, url: str, mine: dict[str, Any], done: threading.Event) -> None:
    beat = 0
    while not done.wait(BEAT):
        beat += 1
        with contextlib.suppress(CodecorpusError, OSError):  # the next time it may be had
            if _token(_read(store, url)) == mine["token"]:
                store.write(url, _text(mine, beat))


def _text(mine: dict[str, Any], beat: int) -> bytes:
    return (json.dumps({**mine, "beat": beat}) + "\n").encode()


def _read(store: WritableStore, url: str) -> dict[str, Any] | None:
    """What the lock says; None where there is none."""
    found = store.look(url)
    if found is None:
        return None
    try:
        said = json.loads(store.read(url, 0, found.size))
    except (FileNotFoundError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _token(lock: dict[str, Any] | None) -> object:
    return (lock or {}).get("token")


def _is_gone(lock: dict[str, Any] | None) -> bool:
    """Whether there is no holder, or it was a process of this machine that has ended."""
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


def _held(lock: dict[str, Any] | None, folder: str) -> str:
    who = lock or {}
    return (
        f"another build is running in {folder} (process {who.get('pid')} of {who.get('host')}); "
        "wait for it, or give another --out"
    )
