import logging
import threading

import msgspec
import pytest

from framework.journal import Desired
from framework.workers.loop import Loop, Shared, Timers
from framework.workers.session.exits import Exit
from framework.workers.states import (
    Asked,
    Building,
    Cause,
    Ended,
    Queued,
    Remarked,
    Served,
    Situation,
    Spawned,
    State,
    Unbuilt,
)
from framework.workers.status import StateReport, WorkerStatus, transition
from tests.fakes.shared import Notes

BEFORE = WorkerStatus("jira", "jira")


def test_programs_read_it_in_camel_case():
    shown = msgspec.to_builtins(BEFORE)

    assert shown == {
        "identifier": "jira",
        "type": "jira",
        "state": "PENDING",
        "reason": None,
        "pid": None,
        "restarts": 0,
        "environment": None,
        "desired": "run",
        "since": None,
        "retryAt": None,
    }


BACKOFF = Situation(State.BACKOFF, "exit status 1: no such broker")


def test_a_change_of_state_is_kept_with_its_process():
    ready = Situation(State.READY, "building a new environment")
    known = transition("jira", State.STARTING, ready, 7, None)

    assert (known.identifier, known.before, known.after) == ("jira", "STARTING", "READY")
    assert (known.reason, known.pid) == ("building a new environment", 7)
    assert (known.exit_code, known.signal, known.stderr) == (None, None, [])


def test_the_end_of_a_process_is_kept_with_its_exit_status_and_last_lines():
    exited = Exit("exit status 1", pid=7, status=1, stderr=("Traceback", "no such broker"))
    known = transition("jira", State.READY, BACKOFF, None, exited)

    assert (known.pid, known.exit_code, known.signal) == (7, 1, None)
    assert known.reason == "exit status 1: no such broker"
    assert known.stderr == ["Traceback", "no such broker"]


def test_the_signal_that_ended_it_is_kept_by_name():
    exited = Exit("killed by SIGKILL", pid=7, status=-9)

    assert transition("jira", State.READY, BACKOFF, None, exited).signal == "SIGKILL"


def test_a_state_without_a_reason_has_that_of_the_end():
    exited = Exit("its memory is 612 MiB", Cause.WORN, pid=7, status=0)
    known = transition("jira", State.STOPPING, Situation(State.PENDING), None, exited)

    assert known.reason == "its memory is 612 MiB"


class Journaled:
    """A standing with what it told its journal and its status."""

    def __init__(self):
        self.now, self.reports, self.ledger = 100.0, 0, Notes()
        loop = Loop("jira", threading.Event(), Shared(self.ledger, None))
        loop.timers = Timers(lambda: self.now)
        self.report = StateReport(loop, self._report)

    def happens(self, *happenings, pid=None, end=None):
        for one in happenings:
            self.report.happened(one, pid, end)

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
    told.happens(Remarked(None, "building a new environment"), Remarked(None, None))

    assert told.transitions == [
        ("PENDING", "BUILDING"),
        ("BUILDING", "PENDING"),
        ("PENDING", "STARTING"),
        ("STARTING", "READY"),
    ]
    assert told.reports == 6


def test_a_process_is_named_in_the_states_that_it_lives_in(told):
    told.happens(Queued(), Spawned(), pid=7)
    told.happens(Ended("it died", Cause.CRASHED), pid=7, end=Exit("it died", pid=7, status=1))
    told.happens(Unbuilt("no", None), pid=7)

    assert [one.pid for one in told.ledger.transitions] == [7, 7, None]


def test_the_log_tells_states_with_their_reasons_and_when_it_goes_on(told, caplog):
    told.happens(Queued(), Spawned(), Served(), Remarked("trouble", None), Remarked("more", None))
    told.happens(Ended("it died", Cause.MACHINE))

    assert [(one.levelname, one.message) for one in caplog.records] == [
        ("INFO", "STARTING"),
        ("INFO", "READY"),
        ("INFO", "DEGRADED: trouble"),
        ("INFO", "DEGRADED: more"),
        ("ERROR", "BACKOFF: it died; the next try is in 10.0 s"),
    ]


def test_deliveries_are_for_one_that_serves_and_is_to_run(told):
    assert told.report.startable
    told.happens(Spawned(), Served())
    assert (told.report.open, told.report.serving) == (True, True)
    told.happens(Remarked("trouble", None))
    assert told.report.open
    told.happens(Asked(Desired.PAUSE))

    assert (told.report.open, told.report.serving) == (False, True)
    assert not told.report.startable


def test_what_waits_may_start_once_its_time_has_come(told):
    told.happens(Spawned(), Ended("it died", Cause.MACHINE))
    assert told.report.situation.state is State.BACKOFF
    assert not told.report.startable
    told.now += 10

    assert told.report.startable
