"""Calls that may never end are left when they are silent."""

import threading
import time

import pytest

from codecorpus.pipelines.storage.stores.watching import Alive, watched


def test_a_call_that_goes_on_is_waited_for() -> None:
    def call(alive: Alive) -> int:
        for _ in range(150):
            time.sleep(0.01)
            alive()
        return 7

    assert watched(call, 1) == 7


def test_a_call_that_is_left_alone_does_no_more() -> None:
    go, done = threading.Event(), threading.Event()

    def call(alive: Alive) -> None:
        go.wait()
        try:
            alive()
        except TimeoutError:
            done.set()
            raise

    with pytest.raises(TimeoutError, match=r"no answer for 0\.05 s"):
        watched(call, 0.05)
    go.set()
    assert done.wait(60)


def test_a_panic_of_the_library_is_an_error() -> None:
    class PanicException(BaseException):
        """As errors of libraries in Rust come."""

    def call(_: Alive) -> None:
        raise PanicException("past the end")

    with pytest.raises(RuntimeError, match="PanicException: past the end"):
        watched(call, 60)
