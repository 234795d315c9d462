import threading
import time

import pytest

from framework import events
from framework.errors import ProcessGoneError, ProtocolError, SourceError, StoppedError
from framework.events import Delivery
from framework.protocol.messages import (
    WINDOW_BYTES,
    Ack,
    Cancel,
    Done,
    KindDone,
    KindRequest,
    Page,
    Progress,
    Resync,
)
from framework.workers.attempt import Attempt, Deadlines

DELIVERY = Delivery(events.Resync("e1", "jira", "test"), "jira", 1)
ID = DELIVERY.id
KIND = KindRequest("topic", 0)
ASKED = Resync(ID, 1, [KIND])
SIZE = 100  # bytes of a line


class Process:
    """What an attempt sends and asks for, and how the process reacts to it."""

    def __init__(self, react=lambda attempt, message: None):
        self.sent, self.killed = [], []
        self._react = react
        self.attempt = Attempt(
            DELIVERY, self._send, self._kill, deadlines=Deadlines(idle=0.05, cancel=0.05)
        )

    def asked(self):
        self.attempt.ask(ASKED)
        return self.attempt

    def _send(self, message):
        self.sent.append(message)
        self._react(self.attempt, message)

    def _kill(self, reason):
        self.killed.append(reason)
        self.attempt.end(ProcessGoneError(reason))


def page(seq: int) -> Page:
    return Page(ID, seq, "topic", 0)


def test_the_lane_receives_what_the_process_sent_in_order():
    attempt = Process().asked()
    for message in (page(1), KindDone(ID, "topic", 0), Done(ID, "ok")):
        attempt.arrived(message, SIZE)

    received = [attempt.receive() for _ in range(3)]

    assert received == [page(1), KindDone(ID, "topic", 0), Done(ID, "ok")]


def test_a_gap_in_the_pages_breaks_the_protocol():
    attempt = Process().attempt
    attempt.arrived(page(1), SIZE)

    with pytest.raises(ProtocolError, match="page 3 came after page 1"):
        attempt.arrived(page(3), SIZE)


def test_a_ninth_page_without_an_ack_breaks_the_protocol():
    attempt = Process().attempt
    for seq in range(1, 9):
        attempt.arrived(page(seq), SIZE)

    with pytest.raises(ProtocolError, match="page 9 came before page 1 was acked"):
        attempt.arrived(page(9), SIZE)


def test_a_lost_last_page_breaks_the_protocol():
    attempt = Process().attempt
    attempt.arrived(page(1), SIZE)

    with pytest.raises(ProtocolError, match="2 pages were sent, 1 came"):
        attempt.arrived(Done(ID, "ok", pages=2), SIZE)


def test_after_a_broken_page_the_end_is_not_counted():
    attempt = Process().attempt
    attempt.fail("a broken frame")
    attempt.arrived(Done(ID, "cancelled", pages=3), SIZE)

    with pytest.raises(SourceError):
        attempt.receive()
    assert attempt.receive().outcome == "cancelled"


def test_an_ack_opens_the_window():
    process = Process()
    for seq in range(1, 9):
        process.attempt.arrived(page(seq), SIZE)

    process.attempt.ack(process.attempt.receive())
    process.attempt.arrived(page(9), SIZE)

    assert process.sent == [Ack(ID, 1)]


def test_progress_is_a_sign_of_life_and_nothing_else():
    attempt = Process().attempt
    attempt.arrived(Progress(ID, 1), SIZE)
    attempt.arrived(Done(ID, "ok"), SIZE)

    assert attempt.receive() == Done(ID, "ok")


def test_silence_ends_in_a_source_error():
    with pytest.raises(SourceError, match="neither a page nor progress"):
        Process().attempt.receive()


def test_what_arrived_before_the_death_is_received_before_it():
    attempt = Process().attempt
    attempt.arrived(Done(ID, "ok"), SIZE)
    attempt.end(ProcessGoneError("killed by SIGKILL"))

    assert attempt.receive() == Done(ID, "ok")


def test_what_arrives_after_the_end_is_dropped():
    attempt = Process().attempt
    attempt.end(ProcessGoneError("killed by SIGKILL"))
    attempt.arrived(KindDone(ID, "topic", 0), SIZE)

    with pytest.raises(ProcessGoneError):
        attempt.receive()
    with pytest.raises(SourceError, match="neither"):
        attempt.receive()


def test_an_attempt_that_was_never_asked_for_needs_no_settling():
    process = Process()
    process.attempt.settle("Port is down")

    assert process.sent == []


def test_settling_cancels_and_waits_for_done():
    def react(attempt, message):
        if isinstance(message, Cancel):
            attempt.arrived(page(1), SIZE)
            attempt.arrived(Done(ID, "cancelled"), SIZE)

    process = Process(react)
    process.attempt.ask(ASKED)
    process.attempt.settle("Port is down")

    assert process.sent[-1] == Cancel(ID, "Port is down")
    assert process.killed == []


def test_a_process_that_does_not_answer_cancel_is_killed():
    process = Process()
    process.attempt.ask(ASKED)

    process.attempt.settle("Port is down")

    assert len(process.killed) == 1
    assert "cancel" in process.killed[0]


def test_a_broken_frame_fails_the_delivery_whose_done_is_still_awaited():
    process = Process(lambda attempt, _: attempt.arrived(Done(ID, "cancelled"), SIZE))
    process.attempt.fail("a broken frame")

    with pytest.raises(SourceError, match="a broken frame"):
        process.attempt.receive()


def test_after_done_nothing_is_cancelled():
    process = Process()
    process.attempt.ask(ASKED)
    process.attempt.arrived(Done(ID, "ok"), SIZE)
    process.attempt.receive()
    sent = list(process.sent)

    process.attempt.settle("over")

    assert process.sent == sent


def test_a_stop_wakes_the_lane():
    attempt = Process().attempt
    attempt.end(StoppedError("the supervisor stops"))

    with pytest.raises(StoppedError):
        attempt.receive()


def test_after_a_broken_frame_only_done_matters():
    process = Process()
    process.attempt.ask(ASKED)
    process.attempt.arrived(page(1), SIZE)
    process.attempt.fail("a broken frame")
    process.attempt.arrived(page(3), SIZE)  # no gap: page 2 was the broken one
    process.attempt.arrived(KindDone(ID, "topic", 0), SIZE)
    process.attempt.arrived(Done(ID, "ok"), SIZE)

    assert process.attempt.receive() == page(1)
    with pytest.raises(SourceError):
        process.attempt.receive()
    assert process.attempt.receive() == Done(ID, "ok")


def test_the_end_of_a_kind_that_was_not_asked_for_fails_the_delivery():
    attempt = Process().asked()
    for index in range(1000):
        attempt.arrived(KindDone(ID, "topic", 1 + index), SIZE)

    assert attempt._arrived.qsize() == 1
    with pytest.raises(SourceError, match="the end of kind 'topic', which was not asked for"):
        attempt.receive()


def test_a_second_end_of_a_kind_breaks_the_protocol():
    attempt = Process().asked()
    attempt.arrived(KindDone(ID, "topic", 0), SIZE)

    with pytest.raises(ProtocolError, match="a second `kindDone` came for kind 'topic'"):
        attempt.arrived(KindDone(ID, "topic", 0), SIZE)


def test_broken_frames_wait_in_the_queue_as_one():
    attempt = Process().attempt
    for _ in range(1000):
        attempt.fail("a broken frame")

    assert attempt._arrived.qsize() == 1


def test_progress_takes_no_place_in_the_queue():
    attempt = Process().attempt
    for _ in range(1000):
        attempt.arrived(Progress(ID, 1), SIZE)

    assert attempt._arrived.empty()


def test_progress_while_the_lane_waits_makes_it_wait_on():
    attempt = Process().attempt
    done = threading.Event()

    def work():
        for _ in range(5):
            done.wait(0.03)
            attempt.arrived(Progress(ID, 1), SIZE)
        attempt.arrived(Done(ID, "ok"), SIZE)

    threading.Thread(target=work, daemon=True).start()

    assert attempt.receive() == Done(ID, "ok")  # though that took longer than `idle`


def test_a_window_of_pages_is_bounded_by_their_bytes():
    process = Process()
    attempt = process.attempt
    attempt.arrived(page(1), WINDOW_BYTES // 2)
    attempt.arrived(page(2), WINDOW_BYTES // 2)
    attempt.ack(attempt.receive())
    attempt.arrived(page(3), WINDOW_BYTES // 2)

    with pytest.raises(ProtocolError, match="bytes of pages came before page 2 was acked"):
        attempt.arrived(page(4), 1)


def test_a_cancelled_delivery_ends_in_time_whatever_its_process_goes_on_to_say():
    over = threading.Event()

    def react(attempt, message):
        if isinstance(message, Cancel):
            threading.Thread(target=chatter, args=(attempt,), daemon=True).start()

    def chatter(attempt):
        for seq in range(1, 9):
            attempt.arrived(page(seq), SIZE)
            over.wait(0.03)
        while not over.wait(0.01):
            attempt.arrived(Progress(ID, 1), SIZE)

    process = Process(react)
    process.asked()
    began = time.monotonic()
    process.attempt.settle("Port is down")
    took = time.monotonic() - began
    over.set()

    assert process.killed == ["it did not answer `cancel` within 0 s"]
    assert took < 0.2  # `cancel` is 0.05 s
