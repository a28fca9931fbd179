"""Signals set a flag, only while they are listened to."""

import os
import signal

import pytest

from codecorpus.training.stop_signals import SIGNALS, StopRequest


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_sets_the_flag(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with StopRequest().listening() as stop:
        assert not stop.received
        os.kill(os.getpid(), number)
        assert stop.received
    assert [signal.getsignal(each) for each in SIGNALS] == before
