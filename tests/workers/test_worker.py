import logging
import threading
import time
from pathlib import Path

import pytest
from msgspec import Raw

from framework.environments import Environment
from framework.errors import BuildError, StoppedError
from framework.protocol.messages import Ready
from framework.workers.builder import Supply
from framework.workers.launch import Launch
from framework.workers.notes import Kill, Said
from framework.workers.states import State
from framework.workers.worker import Worker
from tests.fakes.shared import Notes, shared

SECONDS = 10.0
NOWHERE = Environment("key", Path("/nowhere"), Path("/nowhere/lib/python3/site-packages"))


@pytest.fixture
def worker(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    workers = []

    def worker(build):
        launch = Launch("jira", "jira", tmp_path, Raw(b"{}"), {}, "i", "1.0")
        stopping = threading.Event()
        supply = Supply(build, str, tmp_path / "current.json")
        workers.append(Worker(launch, supply, lambda _: None, shared(Notes()), stopping))
        return workers[-1]

    yield worker
    for one in workers:
        one.stop()
        if one.ident:
            one.join(SECONDS)
            assert one.status.state is State.STOPPED


def until(worker, state):
    end = time.monotonic() + SECONDS
    while worker.status.state is not state:
        assert time.monotonic() < end, worker.status
        worker.join(0.01)


def raising(error):
    def build(stop, say):
        say("resolving")
        raise error

    return build


def test_a_build_that_fails_is_tried_again_with_its_reason_in_the_status(worker, caplog):
    jira = worker(raising(BuildError("no version matches")))
    jira.start()
    until(jira, State.BACKOFF)

    assert jira.status.reason == "no version matches"
    assert (jira.status.pid, jira.status.restarts, jira.status.environment) == (None, 0, None)
    assert "resolving" in caplog.messages
    assert "no version matches; the next build is in 10 s" in caplog.messages


def test_a_bug_in_a_build_is_a_reason_too(worker):
    jira = worker(raising(ZeroDivisionError("oops")))
    jira.start()
    until(jira, State.BACKOFF)

    assert jira.status.reason == "unexpected: ZeroDivisionError('oops')"


def test_a_process_that_cannot_be_started_is_tried_again(worker):
    jira = worker(lambda stop, say: NOWHERE)
    jira.start()
    until(jira, State.BACKOFF)

    assert jira.status.reason.startswith("the process could not be started: [Errno 2]")
    assert (jira.status.environment, jira.status.restarts) == ("key", 0)


def test_a_stop_ends_the_wait_for_the_next_start(worker):
    jira = worker(raising(BuildError("no version matches")))
    jira.start()
    until(jira, State.BACKOFF)
    jira.stop()

    jira.join(SECONDS)
    assert jira.status.state is State.STOPPED


@pytest.mark.parametrize("stopped", [True, False])
def test_nothing_is_started_after_a_stop(worker, stopped):
    def build(stop, say):
        assert stop.wait(SECONDS)
        if stopped:
            raise StoppedError("uv was stopped")
        return NOWHERE

    jira = worker(build)
    jira.start()
    until(jira, State.BUILDING)
    jira.stop()
    jira.join(SECONDS)

    assert (jira.status.state, jira.status.reason) == (State.STOPPED, None)
    assert jira.status.environment is None


def test_stopped_before_it_began_it_builds_nothing(worker):
    built = []
    jira = worker(lambda stop, say: built.append(stop))
    jira.stop()
    jira.start()
    jira.join(SECONDS)

    assert jira.status.state is State.STOPPED
    assert built == []


@pytest.mark.parametrize("note", [Said(7, Ready()), Kill(7, "no `pong`")])
def test_what_is_about_an_earlier_process_is_dropped(worker, note):
    jira = worker(raising(BuildError("never built")))
    jira._take(note)

    assert jira.status.state is State.PENDING
