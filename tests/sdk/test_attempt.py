import threading

import pytest

from framework.sdk import Cancelled
from framework.sdk.attempt import Attempt


def taken(attempt: Attempt, count: int) -> list[int]:
    return [page(attempt) for _ in range(count)]


def page(attempt: Attempt, size: int = 1) -> int:
    attempt.turn(size)
    return attempt.pages


def test_turns_count_from_1_without_gaps(attempt):
    assert taken(attempt, 8) == list(range(1, 9))


def test_an_ack_of_several_pages_makes_room_for_as_many(attempt):
    taken(attempt, 8)
    attempt.ack(3)
    assert taken(attempt, 3) == [9, 10, 11]


def test_a_full_window_waits_for_an_ack(attempt):
    taken(attempt, 8)
    got: list[int] = []
    waiting = threading.Thread(target=lambda: got.append(page(attempt)), daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert got == []
    attempt.ack(1)
    waiting.join(10)
    assert got == [9]


def test_a_cancel_wakes_a_turn_that_waits(attempt):
    taken(attempt, 8)
    threading.Timer(0.05, attempt.cancel).start()
    with pytest.raises(Cancelled, match="d was given up"):
        attempt.turn(1)


def test_no_turn_is_given_after_a_cancel(attempt):
    attempt.cancel()
    assert attempt.cancelled
    with pytest.raises(Cancelled):
        attempt.turn(1)


def test_who_waits_elsewhere_is_woken_by_a_cancel_before_or_during_the_wait(attempt):
    woken = []
    with attempt.waking(lambda: woken.append("over")):
        pass
    with attempt.waking(lambda: woken.append("during")):
        attempt.cancel()
    with attempt.waking(lambda: woken.append("before")):
        pass
    assert woken == ["during", "before"]


def test_a_window_full_of_bytes_waits_for_an_ack(sent):
    attempt = Attempt("d", 8, 100, sent.append)
    page(attempt, 60)
    page(attempt, 40)
    got: list[int] = []
    waiting = threading.Thread(target=lambda: got.append(page(attempt)), daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert got == []
    attempt.ack(1)
    waiting.join(10)
    assert got == [3]


def test_a_page_larger_than_the_window_goes_alone(sent):
    attempt = Attempt("d", 8, 100, sent.append)

    assert page(attempt, 500) == 1
