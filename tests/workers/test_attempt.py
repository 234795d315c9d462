import pytest

from framework.errors import ProcessGoneError, ProtocolError, SourceError, StoppedError
from framework.events import Delivery, Resync
from framework.protocol.messages import Ack, Cancel, Done, KindDone, Page, Progress
from framework.workers.attempt import Attempt, Deadlines

DELIVERY = Delivery(Resync("e1", "jira", "test"), "jira", 1)
ID = DELIVERY.id


class Process:
    """What an attempt sends and asks for, and how the process reacts to it."""

    def __init__(self, react=lambda attempt, message: None):
        self.sent, self.killed = [], []
        self._react = react
        self.attempt = Attempt(
            DELIVERY, self._send, self._kill, deadlines=Deadlines(idle=0.05, cancel=0.05)
        )

    def _send(self, message):
        self.sent.append(message)
        self._react(self.attempt, message)

    def _kill(self, reason):
        self.killed.append(reason)
        self.attempt.end(ProcessGoneError(reason))


def page(seq: int) -> Page:
    return Page(ID, seq, "topic", 0)


def test_the_lane_receives_what_the_process_sent_in_order():
    attempt = Process().attempt
    for message in (page(1), KindDone(ID, "topic", 0), Done(ID, "ok")):
        attempt.arrived(message)

    received = [attempt.receive() for _ in range(3)]

    assert received == [page(1), KindDone(ID, "topic", 0), Done(ID, "ok")]


def test_a_gap_in_the_pages_breaks_the_protocol():
    attempt = Process().attempt
    attempt.arrived(page(1))

    with pytest.raises(ProtocolError, match="page 3 came after page 1"):
        attempt.arrived(page(3))


def test_a_ninth_page_without_an_ack_breaks_the_protocol():
    attempt = Process().attempt
    for seq in range(1, 9):
        attempt.arrived(page(seq))

    with pytest.raises(ProtocolError, match="page 9 came before page 1 was acked"):
        attempt.arrived(page(9))


def test_a_lost_last_page_breaks_the_protocol():
    attempt = Process().attempt
    attempt.arrived(page(1))

    with pytest.raises(ProtocolError, match="2 pages were sent, 1 came"):
        attempt.arrived(Done(ID, "ok", pages=2))


def test_after_a_broken_page_the_end_is_not_counted():
    attempt = Process().attempt
    attempt.fail("a broken frame")
    attempt.arrived(Done(ID, "cancelled", pages=3))

    with pytest.raises(SourceError):
        attempt.receive()
    assert attempt.receive().outcome == "cancelled"


def test_an_ack_opens_the_window():
    process = Process()
    for seq in range(1, 9):
        process.attempt.arrived(page(seq))

    process.attempt.ack(process.attempt.receive())
    process.attempt.arrived(page(9))

    assert process.sent == [Ack(ID, 1)]


def test_progress_is_a_sign_of_life_and_nothing_else():
    attempt = Process().attempt
    attempt.arrived(Progress(ID, 1))
    attempt.arrived(Done(ID, "ok"))

    assert attempt.receive() == Done(ID, "ok")


def test_silence_ends_in_a_source_error():
    with pytest.raises(SourceError, match="neither a page nor progress"):
        Process().attempt.receive()


def test_what_arrived_before_the_death_is_received_before_it():
    attempt = Process().attempt
    attempt.arrived(Done(ID, "ok"))
    attempt.end(ProcessGoneError("killed by SIGKILL"))

    assert attempt.receive() == Done(ID, "ok")


def test_what_arrives_after_the_end_is_dropped():
    attempt = Process().attempt
    attempt.end(ProcessGoneError("killed by SIGKILL"))
    attempt.arrived(KindDone(ID, "topic", 0))

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
            attempt.arrived(page(1))
            attempt.arrived(Done(ID, "cancelled"))

    process = Process(react)
    process.attempt.ask(Progress(ID, 0))
    process.attempt.settle("Port is down")

    assert process.sent[-1] == Cancel(ID, "Port is down")
    assert process.killed == []


def test_a_process_that_does_not_answer_cancel_is_killed():
    process = Process()
    process.attempt.ask(Progress(ID, 0))

    process.attempt.settle("Port is down")

    assert len(process.killed) == 1
    assert "cancel" in process.killed[0]


def test_a_broken_frame_fails_the_delivery_whose_done_is_still_awaited():
    process = Process(lambda attempt, _: attempt.arrived(Done(ID, "cancelled")))
    process.attempt.fail("a broken frame")

    with pytest.raises(SourceError, match="a broken frame"):
        process.attempt.receive()


def test_after_done_nothing_is_cancelled():
    process = Process()
    process.attempt.ask(Progress(ID, 0))
    process.attempt.arrived(Done(ID, "ok"))
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
    process.attempt.ask(Progress(ID, 0))
    process.attempt.arrived(page(1))
    process.attempt.fail("a broken frame")
    process.attempt.arrived(page(3))  # no gap: page 2 was the broken one
    process.attempt.arrived(KindDone(ID, "topic", 0))
    process.attempt.arrived(Done(ID, "ok"))

    assert process.attempt.receive() == page(1)
    with pytest.raises(SourceError):
        process.attempt.receive()
    assert process.attempt.receive() == Done(ID, "ok")
