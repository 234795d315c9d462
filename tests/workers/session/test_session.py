import logging
import os
import signal
from concurrent.futures import Future

import pytest

from framework.errors import FrameworkError
from framework.protocol import framing, messages
from framework.protocol.messages import (
    Bye,
    Configure,
    IntegrationHello,
    Ping,
    Pong,
    Ready,
    Shutdown,
    Stacks,
    StacksAnswer,
    SupervisorHello,
)
from framework.workers.loop import Timers
from framework.workers.notes import Kill, Said
from framework.workers.session.launch import Launch
from framework.workers.session.session import Session
from framework.workers.states import Cause
from tests.fakes.child import FakeChild
from tests.fakes.children import until


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Owner:
    def __init__(self, launch, child):
        self.clock, self.notes, self.child = Clock(), [], child
        self.timers = Timers(self.clock)
        log = logging.getLogger("integration.jira")
        self.session = Session(3, child, launch, self.timers, log, self.notes.append)
        self.session.open()

    def wait(self, seconds):
        self.clock.now += seconds
        self.timers.run_due()

    def says(self, message):
        """Have its reader take a message."""
        self.session._reader.feed(framing.encode(message))

    def greeted(self):
        self.session.hear(IntegrationHello(1, capabilities=["stacks"]))
        self.session.hear(Ready())
        return self


@pytest.fixture
def child():
    child = FakeChild()
    yield child
    child.hang_up()
    child.close()


@pytest.fixture
def owner(tmp_path, child):
    config = messages.Raw(b'{"token":"s"}')
    owner = Owner(Launch("jira", "jira", tmp_path, config, {}, "i", "1.0"), child)
    yield owner
    owner.session.bury()


def test_the_handshake_is_hello_then_the_configuration_then_pings(owner, child):
    assert child.heard() == [SupervisorHello([1], "1.0", "i/jira/3")]
    owner.session.hear(IntegrationHello(1))
    assert child.heard() == [Configure("jira", "jira", messages.Raw(b'{"token":"s"}'))]
    owner.session.hear(Ready())
    assert child.heard() == [Ping(1)]
    owner.wait(10)
    assert child.heard() == [Ping(2)]


def test_a_process_that_does_not_say_hello_tells_its_stacks_and_is_killed(owner, child):
    owner.wait(29)
    assert child.did == []
    owner.wait(1)
    assert child.did == [signal.SIGUSR1]
    owner.wait(1)
    assert child.did == [signal.SIGUSR1, "stop"]
    owner.wait(5)
    assert child.did == [signal.SIGUSR1, "stop", "kill"]
    exited = owner.session.bury()
    assert (exited.status, exited.reason) == (-9, "no `hello` within 30 s of its start")
    assert exited.late


def test_a_process_that_does_not_get_ready_is_killed(owner, child):
    owner.wait(20)
    owner.session.hear(IntegrationHello(1, capabilities=["stacks"]))
    owner.wait(59)
    assert child.did == []
    owner.wait(1)
    assert child.did == [signal.SIGUSR1]
    assert owner.session.bury().reason.startswith("no `ready` within 60 s")


def test_a_process_that_stops_answering_pings_is_killed(owner, child):
    owner.greeted().wait(29)
    owner.says(Pong(1))
    owner.wait(29)
    assert child.did == []
    owner.wait(1)
    assert child.did == [signal.SIGUSR1]
    owner.wait(1)
    owner.wait(5)
    assert child.did == [signal.SIGUSR1, "stop", "kill"]
    exited = owner.session.bury()
    assert (exited.reason, exited.cause) == ("no `pong` for 30 s", Cause.CRASHED)
    assert not exited.late


def test_a_process_whose_sdk_knows_no_stacks_is_not_sent_the_signal(owner, child):
    owner.session.hear(IntegrationHello(1))
    owner.session.give_up("it hangs")
    assert child.did == []
    owner.wait(1)
    assert child.did == ["stop"]


def test_a_process_that_is_on_its_way_is_not_given_up_again(owner, child):
    owner.greeted().session.shut_down(10)
    owner.session.give_up("it did not answer")
    owner.wait(9)
    assert child.did == []


def test_stacks_are_asked_for_and_answered(owner, child):
    owner.greeted()
    child.heard()
    answer = Future()
    owner.session.explain(answer)
    assert child.heard() == [Stacks(1)]
    owner.session.hear(StacksAnswer(1, "Thread main"))

    assert answer.result(0) == "Thread main"
    owner.wait(3)
    assert child.did == []


def test_a_process_that_does_not_tell_its_stacks_is_made_to(owner, child):
    owner.greeted()
    answer = Future()
    owner.session.explain(answer)
    owner.wait(3)
    assert child.did == [signal.SIGUSR1]
    os.write(child.ends[2], b"Thread 0x1:\n  File main.py\n")
    until(lambda: owner.session._errors.last_line == "File main.py")
    owner.wait(1)

    assert answer.result(0) == "Thread 0x1:\n  File main.py"


def test_a_process_that_says_nothing_at_all_is_an_error(owner):
    answer = Future()
    owner.greeted().session.explain(answer)
    owner.wait(3)
    owner.wait(1)
    with pytest.raises(FrameworkError, match="neither answers nor says anything"):
        answer.result(0)


def test_stacks_of_a_process_that_ends_are_an_error(owner):
    answer = Future()
    owner.greeted().session.explain(answer)
    owner.session.bury()
    with pytest.raises(FrameworkError, match="ended before it could answer"):
        answer.result(0)


@pytest.mark.parametrize(
    ("hello", "reason"), [(None, "has not said hello yet"), (IntegrationHello(1), "not offer it")]
)
def test_stacks_of_a_process_that_does_not_offer_them_are_an_error(owner, hello, reason):
    if hello:
        owner.session.hear(hello)
    answer = Future()
    owner.session.explain(answer)
    with pytest.raises(FrameworkError, match=reason):
        answer.result(0)


def test_another_version_is_refused_for_good(owner, child):
    owner.session.hear(IntegrationHello(2))

    assert child.did == ["kill"]
    reason = "it speaks protocol 2, the supervisor speaks 1"
    exited = owner.session.bury()
    assert (exited.reason, exited.cause) == (reason, Cause.HOPELESS)


def test_the_first_reason_for_a_death_counts(owner):
    owner.session.kill("protocol error: page 2 came after page 0")
    owner.says(Bye("stdin ended"))
    owner.session.kill("no `pong` for 30 s")

    assert owner.session.bury().reason == "protocol error: page 2 came after page 0"


def test_what_the_process_says_as_it_leaves_is_the_reason(owner, child):
    child.status = 78
    owner.says(Bye("the sdk speaks protocol 1", 78))

    exited = owner.session.bury()
    assert (exited.reason, exited.status, exited.pid) == ("the sdk speaks protocol 1", 78, 4242)
    assert exited.cause is Cause.HOPELESS


def test_a_burial_ends_the_group_and_its_timers(owner, child):
    owner.greeted()
    owner.session.bury()

    assert child.did == ["kill"]
    assert owner.timers.wait(1000) == 1000


def test_stopping_asks_then_insists_then_kills(owner, child):
    owner.greeted()
    child.heard()
    owner.session.shut_down(10)
    assert child.heard() == [Shutdown(10)]
    owner.wait(10)
    assert (child.did, child.stdin.closed) == (["stop"], True)
    owner.wait(5)
    assert child.did == ["stop", "kill"]


def test_pings_fall_on_whole_seconds_so_that_many_owners_wake_together(owner, child):
    owner.wait(3.4)
    owner.greeted()
    child.heard()
    owner.wait(9.6)
    assert child.heard() == [Ping(2)]
    owner.wait(9.9)
    assert child.heard() == []
    owner.wait(0.2)
    assert child.heard() == [Ping(3)]


def test_a_pong_wakes_nobody_and_puts_off_the_end_all_the_same(owner, child):
    owner.greeted()
    for _ in range(10):
        owner.wait(10)
        owner.says(Pong(1))
    assert (owner.notes, child.did) == ([], [])
    owner.wait(10)
    owner.wait(10)
    owner.wait(9)
    assert child.did == []
    owner.wait(1)
    assert child.did == [signal.SIGUSR1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (framing.encode(Bye("the source is closed")), "the source is closed"),
        (b'{"type":"pong","n":"x"}\n', "protocol error: a broken frame: pong: "),
    ],
)
def test_what_a_process_said_right_before_its_end_is_the_reason(owner, child, line, reason):
    os.write(child.ends[1], line)
    child.status = 1

    assert owner.session.bury().reason.startswith(reason)


def test_what_does_not_fit_into_the_pipe_is_written_once_there_is_room(owner, child):
    child.heard()
    owner.session.send(Bye("x" * 200_000))
    assert owner.session.writing
    while owner.session.writing:
        child.heard()
        owner.session.flush()
    assert child.heard() == [framing.Unknown("bye")]


def test_nothing_is_written_to_a_process_that_is_going(owner, child):
    child.hang_up()
    owner.session.send(Ping(1))
    assert not owner.session.writing

    child.stdin.close()
    owner.session.send(Ping(2))
    assert not owner.session.writing


def test_what_the_process_says_goes_to_its_owner_with_its_number(owner, child):
    os.write(child.ends[1], framing.encode(Ready()) + b'{"type":"pong","n":"x"}\n')
    owner.session.bury()

    said, kill = owner.notes
    assert said == Said(3, Ready())
    assert isinstance(kill, Kill)
    assert kill.reason.startswith("protocol error: a broken frame")
