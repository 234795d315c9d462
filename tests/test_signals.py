import os
import signal
import threading

import pytest

from framework.signals import Signals


@pytest.fixture
def signals():
    signals = Signals()
    yield signals
    signals.close()


def test_without_a_signal_the_wait_ends_in_time(signals):
    assert not signals.wait(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait(signals, number):
    threading.Timer(0.05, os.kill, [os.getpid(), number]).start()

    assert signals.wait(10)
    assert signals.wait(0)


def test_closing_gives_the_signals_back():
    before = signal.getsignal(signal.SIGTERM)
    Signals().close()

    assert signal.getsignal(signal.SIGTERM) is before


def test_the_second_signal_ends_the_process_at_once():
    child = os.fork()
    if child == 0:
        Signals()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 128 + signal.SIGTERM
