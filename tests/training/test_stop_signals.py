"""Signals set a flag, only while they are listened to."""

import os
import signal

import pytest

from codecorpus.training.stop_signals import SIGNALS, StopRequest


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_sets_the_flag(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with StopRequest().listening() as stop:
        received = [stop.received]
        os.kill(os.getpid(), number)
        received.append(stop.received)
    assert received == [False, True]
    assert [signal.getsignal(each) for each in SIGNALS] == before
