from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from framework.journal import Desired
from framework.workers.states import Situation, State
from framework.workers.status import WorkerStatus, reported

BEFORE = WorkerStatus("jira", "jira")


def life(situation, *, now=100.0, pid=None, starts=0):
    """Make a life with what a status shows of it."""
    return SimpleNamespace(
        situation=situation,
        standing=SimpleNamespace(now=now),
        process=SimpleNamespace(pid=pid, starts=starts),
        environment="key" if starts else None,
    )


def seconds_ago(text):
    return (datetime.now(UTC) - datetime.fromisoformat(text)) / timedelta(seconds=1)


def test_a_status_shows_the_process_and_what_operators_want():
    ready = Situation(State.READY, "a remark", 90.0, Desired.PAUSE)
    status = reported(life(ready, pid=7, starts=3), BEFORE)

    assert (status.state, status.reason, status.desired) == (State.READY, "a remark", Desired.PAUSE)
    assert (status.pid, status.restarts, status.environment) == (7, 2, "key")
    assert seconds_ago(status.since) == pytest.approx(10, abs=1)
    assert status.retry_at is None


def test_before_the_first_start_there_were_no_restarts():
    assert reported(life(Situation()), BEFORE).restarts == 0


def test_the_next_try_is_told_as_a_time():
    backoff = Situation(State.BACKOFF, "it died", 100.0, retry_at=130.0)
    status = reported(life(backoff), BEFORE)

    assert seconds_ago(status.retry_at) == pytest.approx(-30, abs=1)


def test_as_long_as_the_state_stays_so_does_its_beginning():
    first = reported(life(Situation(State.READY, since=100.0)), BEFORE)
    later = reported(life(Situation(State.READY, "trouble", 100.0), now=900.0), first)
    assert later.since == first.since

    degraded = reported(life(Situation(State.DEGRADED, "trouble", 900.0), now=900.0), later)
    assert seconds_ago(degraded.since) == pytest.approx(0, abs=1)


def test_an_owner_that_failed_has_no_process_and_no_next_try():
    backoff = Situation(State.BACKOFF, "it died", 100.0, retry_at=130.0)
    before = reported(life(backoff, pid=7, starts=2), BEFORE)
    broken = before.broken("unexpected: ValueError()")

    assert (broken.state, broken.reason) == (State.BLOCKED, "unexpected: ValueError()")
    assert (broken.pid, broken.retry_at, broken.restarts) == (None, None, 1)
    assert seconds_ago(broken.since) == pytest.approx(0, abs=1)


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
