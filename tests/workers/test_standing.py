import logging
import threading

import pytest

from framework.journal import Desired
from framework.workers.happenings import (
    Asked,
    Building,
    Cause,
    Ended,
    Queued,
    Served,
    Spawned,
    Told,
    Unbuilt,
)
from framework.workers.loop import Desk, Shared
from framework.workers.session.exits import End
from framework.workers.standing import Standing
from framework.workers.states import State
from framework.workers.timers import Timers
from tests.fakes.shared import Notes


class Journaled:
    """A standing with what it told its journal and its status."""

    def __init__(self):
        self.now, self.reports, self.ledger = 100.0, 0, Notes()
        desk = Desk("jira", threading.Event(), Shared(self.ledger, None))
        desk.timers = Timers(lambda: self.now)
        self.standing = Standing(desk, self._report)

    def happens(self, *happenings, pid=None, end=None):
        for one in happenings:
            self.standing.happened(one, pid, end)

    @property
    def transitions(self):
        return [(one.before, one.after) for one in self.ledger.transitions]

    def _report(self):
        self.reports += 1


@pytest.fixture
def told(caplog):
    caplog.set_level(logging.INFO)
    return Journaled()


def test_every_change_of_state_is_kept_and_everything_that_happens_is_reported(told):
    told.happens(Building(), Queued(), Spawned(), Served())
    told.happens(Told(None, "building a new environment"), Told(None, None))

    assert told.transitions == [
        ("PENDING", "BUILDING"),
        ("BUILDING", "PENDING"),
        ("PENDING", "STARTING"),
        ("STARTING", "READY"),
    ]
    assert told.reports == 6


def test_a_process_is_named_in_the_states_that_it_lives_in(told):
    told.happens(Queued(), Spawned(), pid=7)
    told.happens(Ended("it died", Cause.CRASHED), pid=7, end=End("it died", pid=7, status=1))
    told.happens(Unbuilt("no", None), pid=7)

    assert [one.pid for one in told.ledger.transitions] == [7, 7, None]


def test_the_log_tells_states_with_their_reasons_and_when_it_goes_on(told, caplog):
    told.happens(Queued(), Spawned(), Served(), Told("trouble", None), Told("more", None))
    told.happens(Ended("it died", Cause.MACHINE))

    assert [(one.levelname, one.message) for one in caplog.records] == [
        ("INFO", "STARTING"),
        ("INFO", "READY"),
        ("INFO", "DEGRADED: trouble"),
        ("INFO", "DEGRADED: more"),
        ("ERROR", "BACKOFF: it died; the next try is in 10.0 s"),
    ]


def test_deliveries_are_for_one_that_serves_and_is_to_run(told):
    assert told.standing.startable
    told.happens(Spawned(), Served())
    assert (told.standing.open, told.standing.serving) == (True, True)
    told.happens(Told("trouble", None))
    assert told.standing.open
    told.happens(Asked(Desired.PAUSE))

    assert (told.standing.open, told.standing.serving) == (False, True)
    assert not told.standing.startable


def test_what_waits_may_start_once_its_time_has_come(told):
    told.happens(Spawned(), Ended("it died", Cause.MACHINE))
    assert told.standing.situation.state is State.BACKOFF
    assert not told.standing.startable
    told.now += 10

    assert told.standing.startable
