import logging
import queue
import threading
from pathlib import Path

import pytest
from msgspec import structs

from framework.environments import Environment
from framework.environments.installed import current
from framework.environments.installed.current import Current
from framework.errors import BuildUnavailableError, RequirementsError, StoppedError
from framework.workers.environment.builder import Builder, Supply, Tries
from framework.workers.notes import Built
from framework.workers.states import Building, Unbuilt, Unwanted

SECONDS = 10.0
ENVIRONMENT = Environment("key", Path("/envs/key"), Path("/envs/sdk"))


class Inputs:
    """What a test changes: the fingerprint, the outcome of a build, the time."""

    def __init__(self):
        self.fingerprint, self.outcome, self.now = "a", ENVIRONMENT, 0.0
        self.seen = queue.SimpleQueue()

    def build(self, stop, say):
        say("building")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def look(self):
        self.seen.put(self.now)
        return self.fingerprint

    def looked(self):
        """Return once it has looked again, and again since what it saw first may be old."""
        while not self.seen.empty():
            self.seen.get()
        self.seen.get(timeout=SECONDS)
        self.seen.get(timeout=SECONDS)


class Tended:
    def __init__(self, folder):
        self.inputs, self.notes = Inputs(), queue.SimpleQueue()
        self.file = current.path(folder, "jira")
        clock = lambda: self.inputs.now  # noqa: E731 - a clock that a test sets
        supply = Supply(self.inputs.build, self.inputs.look, self.file, every=0.01, clock=clock)
        log = logging.getLogger("integration.jira")
        self.builder = Builder(supply, self.notes.put, log)

    def be_told(self):
        """Let it look only where it is told to."""
        self.builder._supply = structs.replace(self.builder._supply, every=60.0)

    def start(self):
        self.builder.start()
        return self

    def outcome(self):
        assert self.notes.get(timeout=SECONDS) == Building()
        return self.notes.get(timeout=SECONDS)

    def quiet(self):
        self.inputs.looked()
        return self.notes.empty()

    def end(self):
        self.builder.close()
        if self.builder.ident:
            self.builder.join(SECONDS)
            assert not self.builder.is_alive()


@pytest.fixture
def tended(tmp_path):
    tended = Tended(tmp_path)
    yield tended
    tended.end()


def test_inputs_are_built_once_until_they_change(tended):
    tended.start()
    assert tended.outcome() == Built(ENVIRONMENT, "a")
    assert tended.quiet()

    tended.inputs.fingerprint = "b"
    assert tended.outcome() == Built(ENVIRONMENT, "b")
    assert tended.quiet()


def test_asked_it_builds_whatever_it_did_before(tended):
    tended.start()
    tended.outcome()
    tended.builder.ask()

    assert tended.outcome() == Built(ENVIRONMENT, "a")


def test_inputs_that_are_passed_over_are_left_alone_until_they_change(tended):
    tended.builder.pass_over("a")
    tended.start()
    assert tended.quiet()

    tended.inputs.fingerprint = "b"
    assert tended.outcome() == Built(ENVIRONMENT, "b")


def test_wrong_requirements_are_not_tried_again_until_they_change(tended):
    tended.inputs.outcome = RequirementsError("no version matches")
    tended.start()
    assert tended.outcome() == Unbuilt("no version matches", None)
    tended.inputs.now = 100_000
    assert tended.quiet()

    tended.inputs.outcome, tended.inputs.fingerprint = ENVIRONMENT, "b"
    assert tended.outcome() == Built(ENVIRONMENT, "b")


def test_when_the_world_is_down_it_is_tried_again_ever_more_slowly(tended):
    tended.inputs.outcome = BuildUnavailableError("the index is down")
    tended.start()
    assert tended.outcome() == Unbuilt("the index is down", 10)
    tended.inputs.now = 9
    assert tended.quiet()
    tended.inputs.now = 10
    assert tended.outcome() == Unbuilt("the index is down", 20)

    tended.inputs.outcome, tended.inputs.now = ENVIRONMENT, 30
    assert tended.outcome() == Built(ENVIRONMENT, "a")


def test_a_bug_in_a_build_is_told_and_tried_again(tended):
    tended.inputs.outcome = ZeroDivisionError("oops")

    tended.start()
    assert tended.outcome() == Unbuilt("unexpected: ZeroDivisionError('oops')", 10)


def test_inputs_that_cannot_be_looked_at_are_built_once_to_say_why(tended):
    def look():
        tended.inputs.look()
        raise PermissionError("requirements.txt")

    tended.inputs.outcome = RequirementsError("requirements.txt cannot be read")
    tended.builder._supply = Supply(tended.inputs.build, look, tended.file, every=0.01)
    tended.start()
    assert tended.outcome() == Unbuilt("requirements.txt cannot be read", None)

    assert tended.quiet()


def test_while_it_is_held_nothing_is_looked_at_or_built(tended):
    tended.builder.hold()
    tended.builder.ask()
    tended.builder.look()
    tended.builder.note(Current(ENVIRONMENT))
    tended.start()
    tended.end()

    assert tended.notes.empty()
    assert tended.inputs.seen.empty()
    assert current.read(tended.file) == Current(ENVIRONMENT)


def test_a_build_ends_when_it_is_held_and_is_due_once_it_is_released(tended):
    began = threading.Event()

    def build(stop, say):
        began.set()
        assert stop.wait(SECONDS)
        raise StoppedError("uv was stopped")

    tended.be_told()
    tended.builder._supply = structs.replace(tended.builder._supply, build=build)
    tended.builder.ask()
    tended.start()
    assert began.wait(SECONDS)
    tended.builder.hold()
    assert tended.outcome() == Unwanted()

    tended.builder._supply = structs.replace(tended.builder._supply, build=tended.inputs.build)
    tended.builder.release()
    tended.builder.look()
    assert tended.outcome() == Built(ENVIRONMENT, "a")


def test_a_failed_build_is_not_tried_again_while_it_is_held(tended):
    tended.inputs.outcome = BuildUnavailableError("the index is down")
    tended.start()
    assert tended.outcome() == Unbuilt("the index is down", 10)
    tended.builder.hold()
    tended.inputs.now = 100_000

    assert tended.builder._wait == tended.builder._supply.every  # it does not spin
    tended.end()
    assert tended.notes.empty()


def test_what_is_in_use_is_noted(tended):
    tended.builder.note(Current(ENVIRONMENT))
    tended.start()
    tended.end()

    assert current.read(tended.file) == Current(ENVIRONMENT)


def test_what_cannot_be_noted_is_told(tended, caplog):
    tended.file.parent.write_text("a file where a folder should be")
    tended.builder.note(Current(ENVIRONMENT))
    tended.start()
    tended.end()

    assert "jira.json cannot be written: File exists; a restart will not know" in caplog.text


def test_inputs_that_are_looked_at_are_built_only_if_they_are_new(tended):
    tended.be_told()
    tended.start()
    tended.builder.ask()
    assert tended.outcome() == Built(ENVIRONMENT, "a")
    tended.builder.look()
    tended.inputs.fingerprint = "b"
    tended.builder.look()

    assert tended.outcome() == Built(ENVIRONMENT, "b")
    assert tended.notes.empty()


# --- when to build


def replay(*history: tuple[float, str, str]) -> Tries:
    known = Tries()
    for now, outcome, fingerprint in history:
        known = known.failed(fingerprint, now) if outcome == "fails" else Tries(fingerprint)
    return known


def test_inputs_never_seen_are_due():
    assert Tries().due("a", 0)


def test_inputs_that_are_settled_are_due_only_once_they_change():
    known = replay((0, "settled", "a"))

    assert not known.due("a", 10_000)
    assert known.due("b", 0)
    assert known.wait(0, 5) == 5


def test_a_failure_is_due_again_after_ten_seconds():
    known = replay((0, "fails", "a"))

    assert not known.due("a", 9)
    assert known.due("a", 10)
    assert (known.wait(0, 60), known.wait(9, 5), known.wait(11, 5)) == (
        10,
        1,
        0,
    )


def test_each_failure_in_a_row_doubles_the_wait_up_to_ten_minutes():
    history = [(0, "fails", "a")] * 2
    assert replay(*history).retry_at == 20
    assert replay(*history * 10).retry_at == 600


def test_other_inputs_are_tried_at_once_and_begin_anew():
    known = replay(*[(0, "fails", "a")] * 5)
    assert known.due("b", 0)

    assert replay(*[(0, "fails", "a")] * 5, (0, "fails", "b")).retry_at == 10
