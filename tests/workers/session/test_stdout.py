import logging
from types import SimpleNamespace

import pytest

from framework.errors import SourceError
from framework.events import Delivery, Resync
from framework.protocol.framing import encode
from framework.protocol.messages import (
    Bye,
    Done,
    KindDone,
    Log,
    Page,
    Pong,
    Progress,
    Ready,
    StacksAnswer,
)
from framework.workers.attempt import Attempt, Deadlines
from framework.workers.session import stdout
from framework.workers.session.stdout import Reader

DELIVERY = Delivery(Resync("e1", "jira", "test"), "jira", 1)


class Owner:
    def __init__(self):
        self.heard, self.violations = [], []
        self.attempt = Attempt(
            DELIVERY, lambda _: None, lambda _: None, deadlines=Deadlines(idle=0.05)
        )
        self.reader = Reader(
            logging.getLogger("integration.jira"),
            {DELIVERY.id: self.attempt},
            self.heard.append,
            self.violations.append,
        )


@pytest.fixture
def owner():
    return Owner()


def test_pages_go_to_their_attempt_and_the_rest_to_the_owner(owner):
    owner.reader.feed(encode(Ready()) + encode(Page(DELIVERY.id, 1, "topic", 0)))

    assert owner.heard == [Ready()]
    assert owner.attempt.receive() == Page(DELIVERY.id, 1, "topic", 0)


def test_what_belongs_to_no_current_attempt_is_dropped(owner):
    owner.reader.feed(encode(Done("another/jira", "ok")) + encode(Pong(1)))

    assert owner.heard == [Pong(1)]
    assert owner.violations == []


def test_stray_output_is_logged_and_harmless(owner, caplog):
    owner.reader.feed(b"hello from print\n" + encode(Pong(1)))

    assert "hello from print" in caplog.text
    assert owner.heard == [Pong(1)]


def test_a_flood_of_stray_output_breaks_the_protocol(owner):
    owner.reader.feed(b"noise\n" * 101)

    assert len(owner.violations) == 1
    assert "no messages" in owner.violations[0]


def test_a_broken_frame_that_names_a_delivery_fails_that_delivery_alone(owner):
    owner.reader.feed(b'{"type":"page","delivery":"%s","seq":"x"}\n' % DELIVERY.id.encode())

    with pytest.raises(Exception, match="broken frame"):
        owner.attempt.receive()
    assert owner.violations == []


def test_a_broken_frame_that_names_none_breaks_the_protocol(owner):
    owner.reader.feed(b'{"type":"pong","n":"x"}\n')

    assert "broken frame" in owner.violations[0]


def test_a_gap_in_the_pages_breaks_the_protocol(owner):
    owner.reader.feed(encode(Page(DELIVERY.id, 2, "topic", 0)))

    assert owner.violations == ["page 2 came after page 0"]


def test_a_newer_message_is_ignored(owner):
    owner.reader.feed(b'{"type":"hologram"}\n' + encode(Pong(1)))

    assert owner.heard == [Pong(1)]
    assert owner.violations == []


def test_log_lines_reach_the_log_with_their_level_and_fields(owner, caplog):
    owner.reader.feed(encode(Log("warning", "slow", {"seconds": 3}, dropped=2)))

    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("WARNING", "2 log lines dropped by the integration"),
        ("WARNING", "slow seconds=3"),
    ]


def test_more_than_200_messages_a_second_are_dropped(owner):
    owner.reader.feed(encode(Pong(1)) * 300)

    assert len(owner.heard) == 200


def test_behind_a_violation_nothing_counts_any_more(owner):
    lost = encode(Page(DELIVERY.id, 2, "topic", 0))
    owner.reader.feed(lost + encode(KindDone(DELIVERY.id, "topic", 0)) + b'{"type":"pong"}\n')
    owner.reader.feed(encode(Done(DELIVERY.id, "ok")) + encode(Ready()))

    assert owner.violations == ["page 2 came after page 0"]
    assert owner.heard == []
    with pytest.raises(SourceError, match="neither a page nor progress"):
        owner.attempt.receive()


@pytest.mark.parametrize("depth", [500, 985, 990, 995, 100_000])
def test_however_deep_the_fields_of_a_log_line_are_nothing_raises(owner, depth):
    fields = b'{"a":' * depth + b"1" + b"}" * depth
    owner.reader.feed(b'{"type":"log","level":"info","message":"m","fields":%s}\n' % fields)
    owner.reader.feed(b"{" + b'"a":[' * depth + b"\n")

    assert owner.heard == []


def test_progress_that_comes_too_often_is_dropped(owner):
    owner.reader.feed(encode(Progress(DELIVERY.id, 1)) * 300 + encode(Done(DELIVERY.id, "ok")))

    assert owner.attempt._arrived.qsize() == 201
    assert owner.attempt.receive() == Done(DELIVERY.id, "ok")


def test_a_log_line_without_dropped_ones_is_one_record(owner, caplog):
    caplog.set_level(logging.INFO)
    owner.reader.feed(encode(Log("info", "connected")))

    assert [record.message for record in caplog.records] == ["connected"]


def test_a_flood_of_log_lines_hides_no_sign_of_life(owner):
    owner.reader.feed(encode(Log("info", "busy")) * 300)
    for sign in (Pong(1), StacksAnswer(1, "Thread main"), Bye("stdin ended")):
        owner.reader.feed(encode(sign))

    assert owner.heard == [Pong(1), StacksAnswer(1, "Thread main"), Bye("stdin ended")]


def test_a_flood_of_signs_of_life_hides_no_log_line(owner, caplog):
    owner.reader.feed(encode(Pong(1)) * 300 + encode(Log("warning", "slow")))

    assert (len(owner.heard), caplog.messages) == (200, ["slow"])


def test_how_many_messages_were_dropped_is_told_once_there_is_room_again(
    owner, caplog, monkeypatch
):
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr(stdout, "time", clock)
    owner.reader.feed(encode(Log("warning", "busy")) * 250)
    clock.monotonic = lambda: 101.0
    owner.reader.feed(encode(Log("warning", "calm")) * 2)

    assert caplog.messages.count("busy") == 200
    assert caplog.messages[200:] == ["50 messages dropped: more than 200 a second", "calm", "calm"]


def test_a_newer_message_counts_among_the_messages(owner, caplog):
    owner.reader.feed(b'{"type":"hologram"}\n' * 200 + encode(Log("warning", "slow")))

    assert caplog.messages == []
