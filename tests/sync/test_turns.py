import threading

import pytest

from framework.errors import StoppedError
from framework.sync.turns import Turns


@pytest.fixture
def stop():
    stop = threading.Event()
    yield stop
    stop.set()


def test_turns_never_overlap(stop):
    turns, inside, worst = Turns(stop), [], []
    turns.start()

    def take():
        with turns.turn():
            inside.append(1)
            worst.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert worst == [1] * 20


def test_a_turn_that_fails_is_over(stop):
    turns = Turns(stop)
    turns.start()

    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        assert not stop.is_set()


def test_a_stop_ends_the_wait_and_the_thread(stop):
    turns = Turns(stop)
    turns.start()

    with turns.turn():
        stop.set()
        with pytest.raises(StoppedError), turns.turn():
            pytest.fail("two turns at once")
    turns.join(5)

    assert not turns.is_alive()
