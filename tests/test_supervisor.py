"""The supervisor's decisions, with a journal but without threads and processes of its workers."""

from types import SimpleNamespace

import pytest
from msgspec import structs

from framework.config.config import Config
from framework.config.integrations import Integration
from framework.errors import ConfigError, JournalError
from framework.events import Resync, TriggerStatus
from framework.port.settings import Port
from framework.sandbox.settings import Sandbox
from framework.spec import Spec
from framework.state import StateFolder
from framework.supervisor import Supervisor
from framework.workers.lifecycle import State

LISTENING = TriggerStatus("KAFKA", "listening")


class Channel:
    """A trigger channel whose trigger only has a status."""

    def __init__(self):
        self.trigger = SimpleNamespace(status=LISTENING, is_alive=lambda: False)

    def listen(self, hub, client):
        self.hub = hub
        return self.trigger


@pytest.fixture
def channel():
    return Channel()


@pytest.fixture
def folder(tmp_path):
    folder = StateFolder(tmp_path / "state")
    yield folder
    folder.close()


@pytest.fixture
def build(channel, folder, tmp_path):
    """Make a supervisor of these integrations; its journal is open."""
    built = []

    def make(*identifiers):
        integrations = tuple(
            Integration(name, "type", tmp_path, Spec(), {}, {}) for name in identifiers
        )
        port = Port(client_id="me", client_secret="secret", base_url="http://127.0.0.1:9")
        supervisor = Supervisor(Config(port, channel, integrations, Sandbox()), folder, "1")
        supervisor._journal.open()
        built.append(supervisor)
        return supervisor

    yield make
    for supervisor in built:
        supervisor.stop()


def enter(supervisor, **states):
    for name, state in states.items():
        worker = supervisor._workers[name]
        worker.status = structs.replace(worker.status, state=state)


def pending(supervisor):
    return [(one.event.reason, one.identifier) for one in supervisor._journal.pending()]


def given(supervisor, name):
    """Return what a worker's inbox holds."""
    return supervisor._workers[name]._desk.inbox.drain()


def test_an_event_is_recorded_and_handed_to_the_integrations_it_concerns(build):
    supervisor = build("jira", "kafka")

    assert supervisor.accept(Resync("e1", "jira", "requested")) == 1
    assert pending(supervisor) == [("requested", "jira")]
    assert [one.id for one in given(supervisor, "jira")] == ["e1/jira"]
    assert given(supervisor, "kafka") == []


def test_an_event_that_comes_twice_is_handed_over_once(build):
    supervisor = build("jira")
    for _ in range(2):
        assert supervisor.accept(Resync("e1", "jira", "requested")) == 1

    assert len(given(supervisor, "jira")) == 1


def test_an_event_for_somebody_else_is_not_recorded(build):
    supervisor = build("jira")

    assert supervisor.accept(Resync("e1", "stranger", "requested")) == 0
    assert pending(supervisor) == []


def test_an_event_that_cannot_be_recorded_is_not_accepted(build):
    supervisor = build("jira")
    supervisor._journal.close()

    with pytest.raises(JournalError):
        supervisor.accept(Resync("e1", "jira", "requested"))
    assert given(supervisor, "jira") == []


def test_a_resync_of_all_concerns_every_integration(build):
    supervisor = build("jira", "kafka")
    supervisor.resync_all("start")

    assert pending(supervisor) == [("start", "jira"), ("start", "kafka")]


def test_without_integrations_there_is_nothing_to_resync(build):
    supervisor = build()
    supervisor.resync_all("start")

    assert pending(supervisor) == []
    assert supervisor.state == "READY"


def test_an_operator_s_resync_answers_with_the_event_that_was_recorded(build):
    supervisor = build("jira", "kafka")
    event = supervisor.resync("kafka")

    [delivery] = given(supervisor, "kafka")
    assert delivery.event.id == event
    assert pending(supervisor) == [("asked for by an operator", "kafka")]


@pytest.mark.parametrize(
    ("integrations", "known"), [(("jira", "kafka"), "jira, kafka"), ((), "none")]
)
def test_an_unknown_integration_is_refused_with_the_known_ones(build, integrations, known):
    with pytest.raises(ConfigError, match=f"no integration 'nope'; there are: {known}"):
        build(*integrations).resync("nope")


def test_a_trigger_that_finds_no_positions_holds_the_first_resync_back_for_15_seconds(build):
    supervisor = build("jira")
    supervisor.look_after()
    assert pending(supervisor) == []

    supervisor._due -= 15.1
    for _ in range(2):
        supervisor.look_after()
    assert pending(supervisor) == [("start, without the trigger", "jira")]


def test_a_journal_that_refuses_the_first_resync_is_asked_again_later(build, caplog):
    supervisor = build("jira")
    supervisor._journal.close()
    supervisor._due -= 15.1
    for _ in range(2):
        supervisor.look_after()

    assert len(caplog.messages) == 1
    assert "the first resync waits: the journal" in caplog.text
    assert not supervisor._resynced.is_set()


def test_a_trigger_that_found_its_positions_is_not_second_guessed(build, channel):
    supervisor = build("jira")
    channel.hub.resync_all("start")
    supervisor._due -= 15.1
    supervisor.look_after()

    assert pending(supervisor) == [("start", "jira")]


def test_deliveries_of_an_integration_that_is_no_longer_configured_wait(build, caplog):
    supervisor = build("jira")
    deliveries = supervisor._journal.record(Resync("e1", None, "start"), ["gone", "jira"])
    supervisor._hand_over(deliveries)

    assert [one.identifier for one in given(supervisor, "jira")] == ["jira"]
    assert "e1/gone waits: the integration is not configured" in caplog.text


@pytest.mark.parametrize(
    ("trigger", "jira", "whole"),
    [
        ("listening", State.READY, "READY"),
        ("listening", State.STARTING, "STARTING"),
        ("listening", State.BUILDING, "STARTING"),
        ("listening", State.BACKOFF, "DEGRADED"),
        ("listening", State.BLOCKED, "DEGRADED"),
        ("connecting", State.READY, "STARTING"),
        ("degraded", State.READY, "DEGRADED"),
        ("failed", State.READY, "DEGRADED"),
        ("failed", State.STARTING, "STARTING"),
    ],
)
def test_the_state_of_the_whole_is_that_of_its_parts(build, channel, trigger, jira, whole):
    supervisor = build("jira", "kafka")
    channel.trigger.status = TriggerStatus("KAFKA", trigger)
    enter(supervisor, jira=jira, kafka=State.READY)

    assert supervisor.state == whole
    assert supervisor.status().state == whole


def test_a_supervisor_that_stops_says_so(build):
    supervisor = build("jira")
    supervisor.stop()

    assert supervisor.state == "STOPPING"


def test_status_shows_trigger_and_integrations(build):
    supervisor = build("jira")
    status = supervisor.status()

    assert status.triggers == [LISTENING]
    [jira] = status.integrations
    assert (jira.identifier, jira.state, jira.last_resync) == ("jira", State.PENDING, None)


class Sluggish:
    """A trigger that does not stop in time."""

    name = "trigger-sluggish"
    status = LISTENING

    def is_alive(self):
        return True

    def join(self, seconds):
        self.seconds = seconds


def test_a_thread_that_does_not_stop_in_time_is_named_and_left(channel, build, caplog):
    channel.trigger = Sluggish()
    supervisor = build("jira")
    supervisor.stop()

    assert channel.trigger.seconds > 0
    assert "trigger-sluggish did not stop in time" in caplog.text
    assert not supervisor._journal.is_alive()
