"""Calls that make no progress are abandoned."""

import threading
import time

import pytest

from codecorpus.pipelines.storage.stores.hdfs import Progress, call_with_timeout


def test_a_call_that_makes_progress_may_take_long() -> None:
    def call(progress: Progress) -> int:
        for _ in range(150):
            time.sleep(0.01)
            progress()
        return 7

    assert call_with_timeout(call, 1) == 7


def test_an_abandoned_call_stops_when_it_reports_progress() -> None:
    go, done = threading.Event(), threading.Event()

    def call(progress: Progress) -> None:
        go.wait()
        try:
            progress()
        except TimeoutError:
            done.set()
            raise

    with pytest.raises(TimeoutError, match=r"no response for 0\.05 s"):
        call_with_timeout(call, 0.05)
    go.set()
    assert done.wait(60)


def test_a_panic_in_rust_becomes_an_error() -> None:
    class PanicException(BaseException):
        """Like the exception that PyO3 raises for a panic."""

    def call(_: Progress) -> None:
        raise PanicException("past the end")

    with pytest.raises(RuntimeError, match="PanicException: past the end"):
        call_with_timeout(call, 60)
