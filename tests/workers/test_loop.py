import os
import select
import selectors
import threading

import pytest

from framework.workers.loop import Inbox, Loop, Shared, Timers
from framework.workers.notes import Restart, Stop
from tests.fakes.shared import Notes


@pytest.fixture
def loop():
    loop = Loop("jira", threading.Event(), Shared(Notes(), None))
    yield loop
    loop.selector.close()


def test_it_waits_for_notes_and_returns_them_in_order(loop):
    loop.inbox.put(Restart())
    loop.inbox.put(Stop())

    assert loop.wait() == [Restart(), Stop()]


def test_it_does_what_a_descriptor_asks_for(loop):
    heard, (read_end, write_end) = [], os.pipe()
    loop.selector.register(
        read_end, selectors.EVENT_READ, lambda: heard.append(os.read(read_end, 9))
    )
    os.write(write_end, b"death")

    assert loop.wait() == []
    assert heard == [b"death"]
    os.close(read_end)
    os.close(write_end)


def test_it_wakes_up_for_what_is_due(loop):
    done = []
    loop.timers.set("start", 0.01, lambda: done.append("started"))

    assert loop.wait() == []
    loop.timers.run_due()
    assert done == ["started"]


def test_its_log_is_the_integration_s(loop):
    assert loop.log.name == "integration.jira"


def readable(inbox: Inbox, seconds: float) -> bool:
    poll = select.poll()
    poll.register(inbox, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def test_an_item_wakes_whoever_waits():
    inbox = Inbox()
    threading.Timer(0.01, inbox.put, ["hello"]).start()

    assert readable(inbox, 5)
    assert inbox.drain() == ["hello"]


def test_draining_takes_everything_in_order_and_goes_quiet():
    inbox = Inbox()
    for item in range(5):
        inbox.put(item)

    assert inbox.drain() == [0, 1, 2, 3, 4]
    assert not readable(inbox, 0)
    assert inbox.drain() == []


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_wait_is_until_the_next_timer():
    timers = Timers(Clock())
    timers.set("late", 30, lambda: None)
    timers.set("soon", 5, lambda: None)

    assert timers.wait(60) == 5
    assert timers.wait(1) == 1


def test_a_due_timer_runs_once():
    clock, ran = Clock(), []
    timers = Timers(clock)
    timers.set("a", 5, lambda: ran.append("a"))

    clock.now = 5
    timers.run_due()
    timers.run_due()

    assert ran == ["a"]
    assert timers.wait(60) == 60


def test_setting_a_name_again_replaces_it_and_clearing_forgets_it():
    clock, ran = Clock(), []
    timers = Timers(clock)
    timers.set("a", 5, lambda: ran.append("first"))
    timers.set("a", 10, lambda: ran.append("second"))
    timers.set("b", 1, lambda: ran.append("cleared"))
    timers.clear("b", "unknown")

    clock.now = 7
    timers.run_due()
    assert ran == []

    clock.now = 10
    timers.run_due()
    assert ran == ["second"]


def test_a_timer_may_set_itself_again_and_clear_its_neighbour():
    clock, ran = Clock(), []
    timers = Timers(clock)

    def again() -> None:
        ran.append("a")
        timers.clear("b")
        timers.set("a", 1, again)

    timers.set("a", 1, again)
    timers.set("b", 1, lambda: ran.append("b"))
    clock.now = 1
    timers.run_due()

    assert ran == ["a"]
    assert timers.wait(60) == 1


def test_a_timer_is_known_until_it_ran():
    clock = Clock()
    timers = Timers(clock)
    timers.set("soon", 5, lambda: None)
    assert "soon" in timers
    clock.now = 5
    timers.run_due()

    assert "soon" not in timers
