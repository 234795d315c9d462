"""Owners in their threads, with processes that a test acts for."""

import logging
import queue
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from framework.environments.installed import current
from framework.environments.installed.current import Bad, Current
from framework.errors import (
    BuildError,
    FrameworkError,
    ProcessGoneError,
    RequirementsError,
    StoppedError,
)
from framework.journal import Desired
from framework.protocol.messages import Ready, Shutdown, Stacks, StacksAnswer
from framework.workers.notes import Kill, Said
from framework.workers.states import Building, Situation, State, Unbuilt
from framework.workers.status import WorkerStatus
from framework.workers.worker import reported
from tests.fakes.children import until
from tests.fakes.shared import STARTS, Notes
from tests.fakes.tended import SECONDS, Tended


@pytest.fixture
def worker(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    workers = []

    def worker(build=None, **others):
        workers.append(Tended(tmp_path, build, **others))
        return workers[-1]

    yield worker
    for one in workers:
        one.end()


def raising(error):
    def build(stop, say):
        say("resolving")
        raise error

    return build


# --- builds


def test_a_build_that_fails_is_tried_again_with_its_reason_in_the_status(worker, caplog):
    jira = worker(raising(BuildError("no version matches")))
    jira.worker.start()
    jira.until(State.BACKOFF)

    assert jira.status.reason == "no version matches"
    assert (jira.status.pid, jira.status.restarts, jira.status.environment) == (None, 0, None)
    assert "resolving" in caplog.messages
    assert "no version matches; the next build is in 10 s" in caplog.messages


def test_requirements_that_must_be_changed_block(worker, caplog):
    jira = worker(raising(RequirementsError("no version matches")))
    jira.worker.start()
    jira.until(State.BLOCKED)

    assert "no version matches; the next build is once its inputs change" in caplog.messages


def test_a_bug_in_a_build_is_a_reason_too(worker):
    jira = worker(raising(ZeroDivisionError("oops")))
    jira.worker.start()
    jira.until(State.BACKOFF)

    assert jira.status.reason == "unexpected: ZeroDivisionError('oops')"


def test_inputs_that_are_looked_at_and_have_changed_are_built(worker):
    jira = worker()
    first = jira.serves()
    jira.fingerprint = "other inputs"
    jira.worker.look()
    until(lambda: jira.worker._in_use._rollout.fingerprint == "other inputs")

    assert (jira.status.pid, jira.status.state) == (first.pid, State.READY)


def test_what_an_earlier_life_found_bad_is_not_built_again(worker, tmp_path):
    bad = Bad("new", "inputs", "no `ready`")
    jira = worker(raising(AssertionError("it was built")))
    file = tmp_path / "current.json"
    current.write(file, Current(jira.shelf.environment("old"), None, 1.0, bad))
    jira.end()
    jira = worker(raising(AssertionError("it was built")))
    jira.serves()

    assert jira.status.environment == "old"
    assert jira.status.state is State.DEGRADED
    assert jira.status.reason == "the new environment new is not used: no `ready`"


def test_another_environment_takes_over(worker):
    keys = iter(["old", "new"])
    jira = worker(lambda stop, say: jira.shelf.environment(next(keys)))
    first = jira.serves()
    jira.fingerprint = "other inputs"
    jira.worker.look()
    jira.until(State.STOPPING)
    first.dies(0)
    jira.greets()

    assert (jira.status.environment, jira.status.restarts) == ("new", 1)


# --- the end


def test_a_stop_ends_the_wait_for_the_next_start(worker):
    jira = worker(raising(BuildError("no version matches")))
    jira.worker.start()
    jira.until(State.BACKOFF)
    jira.end()

    assert jira.status.state is State.STOPPED


@pytest.mark.parametrize("stopped", [True, False])
def test_nothing_is_started_after_a_stop(worker, stopped):
    def build(stop, say):
        assert stop.wait(SECONDS)
        if stopped:
            raise StoppedError("uv was stopped")
        return jira.shelf.environment("key")

    jira = worker(build)
    jira.worker.start()
    jira.until(State.BUILDING)
    jira.end()

    assert (jira.status.state, jira.status.reason) == (State.STOPPED, None)
    assert jira.status.environment is None


def test_what_becomes_of_a_build_after_a_stop_is_no_news(worker):
    jira = worker()
    jira.worker.stop()
    for note in (Building(), Unbuilt("uv was stopped", 10.0)):
        jira.worker._take(note)

    assert (jira.status.state, jira.status.reason) == (State.PENDING, None)


def test_stopped_before_it_began_it_builds_nothing(worker):
    built = []
    jira = worker(lambda stop, say: built.append(stop))
    jira.worker.stop()
    jira.worker.start()
    jira.end()

    assert jira.status.state is State.STOPPED
    assert built == []


def test_a_stop_gives_the_delivery_in_work_back(worker):
    jira = worker()
    child = jira.serves()
    jira.deliver("e1")
    attempt = jira.works_on()
    jira.worker.stop()
    jira.until(State.STOPPING)
    with pytest.raises(StoppedError, match="the supervisor stops"):
        attempt.receive()
    assert Shutdown(10) in child.heard()
    jira.heard.put(StoppedError("the supervisor stops"))
    jira.end()

    assert (jira.ledger.back, jira.ledger.finished) == (["e1/jira"], [])


# --- what is about an earlier process


@pytest.mark.parametrize("note", [Said(7, Ready()), Kill(7, "no `pong`")])
def test_what_is_about_an_earlier_process_is_dropped(worker, note):
    jira = worker(raising(BuildError("never built")))
    jira.worker._take(note)

    assert jira.status.state is State.PENDING


# --- what operators want


def test_what_was_stopped_in_an_earlier_life_is_neither_built_nor_started(worker):
    builds = queue.SimpleQueue()
    jira = worker(lambda stop, say: builds.put(1) or jira.shelf.environment("old"))
    jira.worker.desire(Desired.STOP)
    jira.worker.start()
    jira.until(State.STOPPED)
    jira.worker.look()

    jira.worker.desire(Desired.RUN)
    jira.greets()
    assert jira.status.desired is Desired.RUN
    assert builds.qsize() == 1


def test_a_stop_during_a_build_ends_the_build_before_it_says_stopped(worker):
    began, end = threading.Event(), threading.Event()

    def build(stop, say):
        began.set()
        assert stop.wait(SECONDS)
        assert end.wait(SECONDS)
        raise StoppedError("uv was stopped")

    jira = worker(build)
    jira.worker.start()
    assert began.wait(SECONDS)
    jira.until(State.BUILDING)
    jira.worker.desire(Desired.STOP)
    jira.until(State.STOPPING)
    assert jira.status.reason == "its build is being ended"
    end.set()

    jira.until(State.STOPPED)
    assert jira.status.pid is None


def test_a_start_while_a_build_is_being_ended_builds_again(worker):
    began, end = threading.Event(), threading.Event()

    def ended(stop, say):
        began.set()
        assert stop.wait(SECONDS)
        assert end.wait(SECONDS)
        raise StoppedError("uv was stopped")

    def again(stop, say):
        return jira.shelf.environment("old")

    tries = iter([ended, again])

    def build(stop, say):
        return next(tries)(stop, say)

    jira = worker(build)
    jira.worker.start()
    assert began.wait(SECONDS)
    jira.worker.desire(Desired.STOP)
    jira.until(State.STOPPING)
    jira.worker.desire(Desired.RUN)
    end.set()

    jira.greets()
    assert (jira.status.state, jira.status.environment) == (State.READY, "old")


def built(shelf):
    return shelf.environment("old")


def unbuilt(shelf):
    raise BuildError("no version matches")


@pytest.mark.parametrize("outcome", [built, unbuilt])
def test_a_build_that_is_over_before_it_notices_the_stop_leaves_it_stopped(worker, outcome):
    began, end = threading.Event(), threading.Event()

    def build(stop, say):
        began.set()
        assert end.wait(SECONDS)
        return outcome(jira.shelf)

    jira = worker(build)
    jira.worker.start()
    assert began.wait(SECONDS)
    jira.worker.desire(Desired.STOP)
    jira.until(State.STOPPING)
    end.set()

    jira.until(State.STOPPED)


def test_a_pause_finishes_the_delivery_in_work_and_holds_the_next_back(worker):
    jira = worker()
    jira.serves()
    jira.deliver("e1")
    jira.works_on()
    jira.worker.desire(Desired.PAUSE)
    jira.deliver("e2")
    jira.heard.put("done")
    until(lambda: jira.ledger.finished == ["e1/jira"])
    jira.worker.look()
    until(lambda: not jira.worker._deliveries.busy)
    assert jira.works.empty()
    assert jira.status.state is State.READY

    jira.worker.desire(Desired.RUN)
    assert jira.works_on().delivery.id == "e2/jira"
    jira.heard.put("done")
    until(lambda: jira.ledger.finished == ["e1/jira", "e2/jira"])


def test_paused_in_an_earlier_life_it_starts_and_is_given_nothing(worker):
    jira = worker()
    jira.worker.desire(Desired.PAUSE)
    jira.deliver("e1")
    jira.serves()

    assert jira.status.desired is Desired.PAUSE
    assert jira.works.empty()


def test_a_restart_replaces_the_process_and_repeats_its_delivery(worker):
    jira = worker()
    child = jira.serves()
    jira.deliver("e1")
    attempt = jira.works_on()
    jira.worker.restart()
    jira.until(State.STOPPING)
    with pytest.raises(FrameworkError, match="its process is replaced") as gone:
        attempt.receive()
    jira.heard.put(gone.value)
    child.dies(0)
    second = jira.greets()

    assert second.pid == jira.status.pid
    assert jira.works_on().delivery.id == "e1/jira"
    assert jira.status.restarts == 1


# --- stacks


def test_a_process_is_asked_what_it_does(worker):
    jira = worker()
    child = jira.serves()
    answer = jira.worker.explain()
    asked = []
    until(lambda: asked.extend(child.heard()) or Stacks(1) in asked)
    child.says(StacksAnswer(1, "Thread main"))

    assert answer.result(SECONDS) == "Thread main"


def test_without_a_process_there_is_nothing_to_be_asked(worker):
    jira = worker(raising(BuildError("no version matches")))
    jira.worker.start()
    jira.until(State.BACKOFF)

    with pytest.raises(FrameworkError, match="it has no process: it is BACKOFF"):
        jira.worker.explain().result(SECONDS)


# --- memory


def test_over_its_soft_limit_it_finishes_its_delivery_then_makes_way(worker):
    jira = worker()
    child = jira.serves()
    jira.deliver("e1")
    jira.works_on()
    jira.deliver("e2")
    jira.worker.relieve(child.pid, "its memory is 450 MiB")
    jira.worker.relieve(child.pid, "its memory is 451 MiB")
    answer = jira.worker.explain()  # behind the other notes
    until(lambda: Stacks(1) in child.heard())
    assert (jira.status.state, answer.done()) == (State.READY, False)
    jira.heard.put("done")
    jira.until(State.STOPPING)

    assert jira.status.reason == "its memory is 451 MiB"
    assert jira.ledger.finished == ["e1/jira"]
    assert jira.works.empty()


def test_what_was_said_about_an_earlier_process_s_memory_holds_nothing_up(worker):
    jira = worker()
    child = jira.serves()
    jira.worker.relieve(child.pid - 1, "its memory is 450 MiB")
    jira.deliver("e1")

    assert jira.works_on().delivery.id == "e1/jira"
    jira.heard.put("done")
    until(lambda: jira.ledger.finished == ["e1/jira"])


def test_over_its_hard_limit_it_is_killed_and_started_after_a_while(worker):
    jira = worker()
    child = jira.serves()
    jira.worker.replace(child.pid, "its memory is 612 MiB")
    until(lambda: "kill" in child.did)
    child.dies(-9)
    jira.until(State.BACKOFF)

    assert jira.status.reason == "its memory is 612 MiB"
    assert jira.status.retry_at is not None
    jira.greets()


def test_inputs_that_changed_while_it_was_stopped_are_built_once_it_starts(worker):
    keys, gate = iter(["old", "new"]), threading.Event()

    def build(stop, say):
        key = next(keys)
        assert key == "old" or gate.wait(SECONDS)
        return jira.shelf.environment(key)

    jira = worker(build)
    child = jira.serves()
    jira.worker.desire(Desired.STOP)
    jira.until(State.STOPPING)
    child.dies(0)
    jira.until(State.STOPPED)
    jira.fingerprint = "other inputs"
    jira.worker.look()
    jira.worker.desire(Desired.RUN)
    child = jira.greets()
    gate.set()
    jira.until(State.STOPPING)
    child.dies(0)
    jira.greets()

    assert jira.status.environment == "new"


# --- trouble


def test_a_delivery_that_is_done_with_trouble_makes_it_degraded_until_one_is_without(worker):
    jira = worker()
    jira.serves()
    jira.trouble = "the last resync failed: no such broker"
    jira.deliver("e1")
    jira.heard.put("done")
    jira.until(State.DEGRADED)
    assert jira.status.reason == "the last resync failed: no such broker"
    assert jira.ledger.finished == ["e1/jira"]

    jira.trouble = None
    jira.deliver("e2")
    jira.heard.put("done")
    jira.until(State.READY)
    assert [one.after for one in jira.ledger.transitions[-2:]] == ["DEGRADED", "READY"]


def test_trouble_with_port_is_trouble_and_the_delivery_is_repeated(worker, caplog):
    jira = worker()
    jira.serves()
    jira.deliver("e1")
    jira.heard.put(FrameworkError("Port answered 503"))
    jira.until(State.DEGRADED)

    assert jira.status.reason == "Port answered 503"
    assert jira.ledger.back == ["e1/jira"]
    assert "the next attempt is in 5 s" in caplog.messages


# --- a bug of ours


class Broken(Exception):  # noqa: N818 - it is what nobody has foreseen
    """As the ledger's `note` never raises."""


class Faulty(Notes):
    """A ledger that fails once a process is told to end."""

    def note(self, transition):
        super().note(transition)
        if transition.after == "STOPPING":
            raise Broken("oops")


@pytest.fixture
def broken(worker):
    """A worker with a delivery in work whose owner has failed; return it with the attempt."""
    jira = worker(ledger=Faulty())
    jira.serves()
    jira.deliver("e1")
    attempt = jira.works_on()
    jira.worker.restart()
    jira.worker.join(SECONDS)
    return jira, attempt


def test_an_owner_that_fails_says_so_and_what_to_do(broken, caplog):
    jira, _ = broken

    assert (jira.status.state, jira.status.pid) == (State.BLOCKED, None)
    assert jira.status.reason == "unexpected: Broken('oops')"
    said = [record.message for record in caplog.get_records("setup")]
    assert said[-1] == "its owner failed; `supervisor.py restart` makes another"
    assert jira.worker._loop.stopping.is_set()


def test_a_delivery_in_work_goes_back_when_its_owner_fails(broken):
    jira, attempt = broken
    with pytest.raises(ProcessGoneError, match="its owner failed") as gone:
        attempt.receive()
    jira.heard.put(gone.value)

    until(lambda: jira.ledger.back == ["e1/jira"])


def test_an_owner_that_fails_gives_its_turn_back(worker):
    def begin(environment):
        raise Broken("oops")

    jira = worker(begin=begin)
    jira.worker.start()
    jira.worker.join(SECONDS)
    until(lambda: "jira" not in STARTS._starting)

    assert jira.status.state is State.BLOCKED


# --- the status


BEFORE = WorkerStatus("jira", "jira")


def life(situation, *, now=100.0, pid=None, starts=0):
    """Make a life with what a status shows of it."""
    return SimpleNamespace(
        situation=situation,
        report=SimpleNamespace(now=now),
        slot=SimpleNamespace(pid=pid, starts=starts),
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
