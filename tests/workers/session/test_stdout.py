import logging
import tracemalloc

import pytest

from framework.errors import SourceError
from framework.events import Delivery, Resync
from framework.protocol import messages
from framework.protocol.framing import encode
from framework.protocol.messages import (
    Bye,
    Done,
    Failure,
    IntegrationHello,
    KindDone,
    KindRequest,
    Log,
    Page,
    Pong,
    Progress,
    Ready,
    StacksAnswer,
)
from framework.workers.attempt import Attempt, Deadlines
from framework.workers.session.stdout import Reader

DELIVERY = Delivery(Resync("e1", "jira", "test"), "jira", 1)


class Owner:
    def __init__(self):
        self.heard, self.violations, self.now = [], [], 100.0
        self.attempt = Attempt(
            DELIVERY, lambda _: None, lambda _: None, deadlines=Deadlines(idle=0.05)
        )
        self.reader = Reader(
            logging.getLogger("integration.jira"),
            {DELIVERY.id: self.attempt},
            self.heard.append,
            self.violations.append,
            lambda: self.now,
        )
        self.attempt.ask(messages.Resync(DELIVERY.id, 1, [KindRequest("topic", 0)]))

    @property
    def ponged(self):
        """Tell whether a pong has come."""
        return self.reader.pong_at == self.now


@pytest.fixture
def owner():
    return Owner()


def test_pages_go_to_their_attempt_and_the_rest_to_the_owner(owner):
    owner.reader.feed(encode(Ready()) + encode(Page(DELIVERY.id, 1, "topic", 0)))

    assert owner.heard == [Ready()]
    assert owner.attempt.receive() == Page(DELIVERY.id, 1, "topic", 0)


def test_what_belongs_to_no_current_attempt_is_dropped(owner):
    owner.reader.feed(encode(Done("another/jira", "ok")) + encode(Pong(1)))

    assert owner.ponged
    assert owner.violations == []


def test_stray_output_is_logged_and_harmless(owner, caplog):
    owner.reader.feed(b"hello from print\n" + encode(Pong(1)))

    assert "hello from print" in caplog.text
    assert owner.ponged


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

    assert owner.violations == ["protocol error: page 2 came after page 0"]


def test_a_newer_message_is_ignored(owner):
    owner.reader.feed(b'{"type":"hologram"}\n' + encode(Pong(1)))

    assert owner.ponged
    assert owner.violations == []


def test_log_lines_reach_the_log_with_their_level_and_fields(owner, caplog):
    owner.reader.feed(encode(Log("warning", "slow", {"seconds": 3}, dropped=2)))

    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("WARNING", "2 log lines dropped by the integration"),
        ("WARNING", "slow seconds=3"),
    ]


def test_of_a_flood_of_stacks_the_owner_hears_one_a_second(owner):
    owner.reader.feed(encode(StacksAnswer(1, "Thread main")) * 300)

    assert owner.heard == [StacksAnswer(1, "Thread main")]


@pytest.mark.parametrize("step", [Ready(), IntegrationHello(1)])
def test_a_second_step_of_the_handshake_breaks_the_protocol(owner, step):
    owner.reader.feed(encode(step) * 2)

    assert owner.heard == [step]
    assert owner.violations == [f"protocol error: a second {type(step).__name__} came"]


def test_behind_a_violation_nothing_counts_any_more(owner):
    lost = encode(Page(DELIVERY.id, 2, "topic", 0))
    owner.reader.feed(lost + encode(KindDone(DELIVERY.id, "topic", 0)) + b'{"type":"pong"}\n')
    owner.reader.feed(encode(Done(DELIVERY.id, "ok")) + encode(Ready()))

    assert owner.violations == ["protocol error: page 2 came after page 0"]
    assert owner.heard == []
    with pytest.raises(SourceError, match="neither a page nor progress"):
        owner.attempt.receive()


@pytest.mark.parametrize("depth", [500, 985, 990, 995, 100_000])
def test_however_deep_the_fields_of_a_log_line_are_nothing_raises(owner, depth):
    fields = b'{"a":' * depth + b"1" + b"}" * depth
    owner.reader.feed(b'{"type":"log","level":"info","message":"m","fields":%s}\n' % fields)
    owner.reader.feed(b"{" + b'"a":[' * depth + b"\n")

    assert owner.heard == []


def test_a_log_line_without_dropped_ones_is_one_record(owner, caplog):
    caplog.set_level(logging.INFO)
    owner.reader.feed(encode(Log("info", "connected")))

    assert [record.message for record in caplog.records] == ["connected"]


def test_a_flood_of_log_lines_hides_no_sign_of_life(owner):
    owner.reader.feed(encode(Log("info", "busy")) * 300)
    for sign in (Pong(1), StacksAnswer(1, "Thread main"), Bye("stdin ended")):
        owner.reader.feed(encode(sign))

    assert owner.ponged
    assert owner.heard == [StacksAnswer(1, "Thread main")]
    assert owner.reader.last_words == "stdin ended"


def test_a_flood_of_signs_of_life_hides_no_log_line(owner, caplog):
    owner.reader.feed(encode(Pong(1)) * 300 + encode(Log("warning", "slow")))

    assert (owner.heard, caplog.messages) == ([], ["slow"])


def test_how_many_messages_were_dropped_is_told_once_there_is_room_again(owner, caplog):
    owner.reader.feed(encode(Log("warning", "busy")) * 250)
    owner.now += 1
    owner.reader.feed(encode(Log("warning", "calm")) * 2)

    assert caplog.messages.count("busy") == 200
    assert caplog.messages[200:] == ["50 messages dropped: more than 200 a second", "calm", "calm"]


def test_a_newer_message_counts_among_the_messages(owner, caplog):
    owner.reader.feed(b'{"type":"hologram"}\n' * 200 + encode(Log("warning", "slow")))

    assert caplog.messages == []


# --- memory

PAGE = b'{"type":"page","delivery":"%s","seq":1,"kind":"topic","index":0,"items":[%s]}\n'
MIB = 1 << 20


def page(items: bytes) -> bytes:
    return PAGE % (DELIVERY.id.encode(), items)


def test_a_page_of_more_than_a_thousand_items_fails_its_delivery(owner):
    owner.reader.feed(page(b",".join([b"{}"] * 1001)))

    with pytest.raises(SourceError, match="length <= 1000"):
        owner.attempt.receive()
    assert owner.violations == []


@pytest.mark.parametrize("size", [1000, 1])
def test_a_long_page_of_a_few_items_arrives(owner, size):
    item = b'{"text":"%s"}' % (b"x" * (4 * MIB // size))
    owner.reader.feed(page(b",".join([item] * size)))

    assert len(owner.attempt.receive().items) == size


@pytest.mark.parametrize(
    "line",
    [
        page(b",".join([b"{}"] * (8 * MIB // 3 - 50))),
        b'{"type":"log","level":"info","message":"m","fields":{"a":[%s]}}\n'
        % b",".join([b"{}"] * (8 * MIB // 3 - 50)),
        b'{"type":"hello","protocol":1,"kinds":[%s]}\n' % b",".join([b'"k"'] * (2 * MIB - 50)),
        b"8 MiB of noise " * (8 * MIB // 15 - 1) + b"\n",
    ],
    ids=["page", "log", "hello", "noise"],
)
def test_a_line_of_8_mib_costs_no_more_than_a_few_times_its_size(owner, line):
    tracemalloc.start()
    owner.reader.feed(line)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(line) > 7 * MIB
    assert most < 5 * len(line)
    assert owner.heard == []


def test_a_flood_that_a_slow_lane_does_not_take_fills_no_memory(owner):
    broken = b'{"type":"kindDone","delivery":"%s","index":"x"}\n' % DELIVERY.id.encode()
    for index in range(1000):
        owner.reader.feed(broken + encode(KindDone(DELIVERY.id, "topic", index)))
        owner.reader.feed(encode(Progress(DELIVERY.id, 1)) + page(b"{}"))

    assert owner.attempt._arrived.qsize() == 1
    assert owner.violations == []


# --- texts


LONG = "x" * 100_000


def test_texts_of_a_process_are_cut_on_arrival(owner, caplog):
    caplog.set_level(logging.INFO)
    failure = Failure("bug", LONG, f"{LONG}the end")
    owner.reader.feed(encode(Log("info", LONG, {"field": LONG})))
    owner.reader.feed(encode(KindDone(DELIVERY.id, "topic", 0, LONG)))
    owner.reader.feed(encode(Done(DELIVERY.id, "failed", failure)) + encode(Bye(LONG)))
    owner.reader.feed(encode(StacksAnswer(1, LONG * 10)))
    kind_done, done = owner.attempt.receive(), owner.attempt.receive()

    texts = [kind_done.error, done.error.message, done.error.traceback, owner.reader.last_words]
    assert [len(text) for text in texts] == [4096] * 4
    assert done.error.traceback.endswith("the end")
    assert len(caplog.messages[0]) == 2 * 4096
    assert len(owner.heard[0].text) == 256 * 1024


def test_what_a_broken_frame_holds_is_cut(owner):
    owner.reader.feed(b'{"type":"log","level":"%s","message":"m"}\n' % LONG.encode())

    assert len(owner.violations[0]) < 4200
