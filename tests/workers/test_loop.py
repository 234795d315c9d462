import os
import selectors
import threading

import pytest

from framework.workers.loop import Desk, Shared
from framework.workers.notes import Restart, Stop
from tests.fakes.shared import Notes


@pytest.fixture
def desk():
    desk = Desk("jira", threading.Event(), Shared(Notes(), None))
    yield desk
    desk.selector.close()


def test_it_waits_for_notes_and_returns_them_in_order(desk):
    desk.inbox.put(Restart())
    desk.inbox.put(Stop())

    assert desk.wait() == [Restart(), Stop()]


def test_it_does_what_a_descriptor_asks_for(desk):
    heard, (read_end, write_end) = [], os.pipe()
    desk.selector.register(
        read_end, selectors.EVENT_READ, lambda: heard.append(os.read(read_end, 9))
    )
    os.write(write_end, b"death")

    assert desk.wait() == []
    assert heard == [b"death"]
    os.close(read_end)
    os.close(write_end)


def test_it_wakes_up_for_what_is_due(desk):
    done = []
    desk.timers.set("start", 0.01, lambda: done.append("started"))

    assert desk.wait() == []
    desk.timers.run_due()
    assert done == ["started"]


def test_its_log_is_the_integration_s(desk):
    assert desk.log.name == "integration.jira"
