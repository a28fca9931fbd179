"""Calls into a library that has no limits of its own.

A thread makes each call, which costs a millisecond; one that hangs stays behind, harmless, until
the process ends.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import TypeVar

T = TypeVar("T")
Alive = Callable[[], None]
"""Called with each sign of life; raises when nobody waits any more."""


def watched(call: Callable[[Alive], T], silence: float) -> T:
    """What a call gives that may never end.

    Args:
        call: makes signs of life as it goes on.
        silence: seconds without one after which it is left alone.

    Raises:
        TimeoutError: for so many seconds there was no sign of life.
    """
    done: Future[T] = Future()
    last = time.monotonic()

    def alive() -> None:
        nonlocal last
        if done.cancelled():
            raise TimeoutError("nobody waits any more")
        last = time.monotonic()

    def run() -> None:
        with contextlib.suppress(InvalidStateError):  # nobody waits any more
            try:
                done.set_result(call(alive))
            except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
                done.set_exception(error)
            except BaseException as error:  # noqa: BLE001 - how panics of Rust come
                done.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))

    threading.Thread(target=run, name="watched", daemon=True).start()
    try:
        while True:
            with contextlib.suppress(TimeoutError):
                return done.result(max(0, last + silence - time.monotonic()))
            if done.done():
                return done.result()
            if time.monotonic() >= last + silence and done.cancel():
                raise TimeoutError(f"no answer for {silence:g} s")
    finally:
        done.cancel()
