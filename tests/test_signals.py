import os
import signal
import threading
import time

import pytest

from framework.signals import Signals, hold


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


def test_a_hangup_asks_once_for_a_reload_and_not_for_a_stop(signals):
    threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGHUP]).start()

    began = time.monotonic()
    assert not signals.wait(10)
    assert time.monotonic() - began < 5
    assert signals.reload_asked()
    assert not signals.reload_asked()


def test_many_hangups_ask_for_one_reload_and_those_that_come_later_for_another(signals):
    for _ in range(3000):
        os.kill(os.getpid(), signal.SIGHUP)
    assert [signals.reload_asked() for _ in range(2)] == [True, False]

    os.kill(os.getpid(), signal.SIGHUP)
    assert [signals.reload_asked() for _ in range(2)] == [True, False]


def test_signals_that_were_held_are_handled_later():
    """In a process of its own: nobody else is to be kept from hearing."""
    child = os.fork()
    if child == 0:
        hold()
        for number in (signal.SIGHUP, signal.SIGTERM):
            os.kill(os.getpid(), number)
        signals = Signals()
        os._exit(signals.wait(10) and signals.reload_asked() and not signals.reload_asked())

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_a_reload_that_nobody_has_looked_at_yet_keeps_no_wait_short(signals):
    os.kill(os.getpid(), signal.SIGHUP)
    signals.wait(10)

    began = time.monotonic()
    signals.wait(0.1)
    assert time.monotonic() - began >= 0.1
    assert signals.reload_asked()


def test_a_stop_after_a_hangup_is_a_stop(signals):
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGHUP)

    assert signals.wait(0)
    assert signals.reload_asked()


def test_closing_gives_the_signals_back():
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    Signals().close()

    assert [signal.getsignal(number) for number in numbers] == before


def test_the_second_signal_ends_the_process_at_once():
    child = os.fork()
    if child == 0:
        Signals()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 128 + signal.SIGTERM
