import threading

import pytest

from framework.errors import StoppedError
from framework.sdk.attempt import Attempt


def taken(attempt: Attempt, count: int) -> list[int]:
    return [attempt.turn() for _ in range(count)]


def test_turns_count_from_1_without_gaps(attempt):
    assert taken(attempt, 8) == list(range(1, 9))


def test_an_ack_of_several_pages_makes_room_for_as_many(attempt):
    taken(attempt, 8)
    attempt.ack(3)
    assert taken(attempt, 3) == [9, 10, 11]


def test_a_full_window_waits_for_an_ack(attempt):
    taken(attempt, 8)
    got: list[int] = []
    waiting = threading.Thread(target=lambda: got.append(attempt.turn()), daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert got == []
    attempt.ack(1)
    waiting.join(10)
    assert got == [9]


def test_a_cancel_wakes_a_turn_that_waits(attempt):
    taken(attempt, 8)
    threading.Timer(0.05, attempt.cancel).start()
    with pytest.raises(StoppedError, match="d was given up"):
        attempt.turn()


def test_no_turn_is_given_after_a_cancel(attempt):
    attempt.cancel()
    assert attempt.cancelled
    with pytest.raises(StoppedError):
        attempt.turn()


def test_who_waits_elsewhere_is_woken_by_a_cancel_before_or_during_the_wait(attempt):
    woken = []
    with attempt.waking(lambda: woken.append("over")):
        pass
    with attempt.waking(lambda: woken.append("during")):
        attempt.cancel()
    with attempt.waking(lambda: woken.append("before")):
        pass
    assert woken == ["during", "before"]
