import msgspec
import pytest

from framework.events import TriggerStatus
from framework.supervisor import overall
from framework.supervisor.overall import IntegrationStatus, Status
from framework.workers.states import State
from framework.workers.status import WorkerStatus


def state(trigger, *states):
    integrations = [WorkerStatus(f"one-{state}", "type", state) for state in states]
    return overall.state(TriggerStatus("KAFKA", trigger), integrations)


@pytest.mark.parametrize(
    ("trigger", "one", "expected"),
    [
        ("listening", State.READY, "READY"),
        ("listening", State.STOPPED, "READY"),
        ("listening", State.DISABLED, "READY"),
        ("listening", State.PENDING, "STARTING"),
        ("listening", State.BUILDING, "STARTING"),
        ("listening", State.STARTING, "STARTING"),
        ("listening", State.STOPPING, "DEGRADED"),
        ("listening", State.DEGRADED, "DEGRADED"),
        ("listening", State.BACKOFF, "DEGRADED"),
        ("listening", State.CRASH_LOOP, "DEGRADED"),
        ("listening", State.BLOCKED, "DEGRADED"),
        ("connecting", State.READY, "STARTING"),
        ("connecting", State.BLOCKED, "STARTING"),
        ("degraded", State.READY, "DEGRADED"),
        ("failed", State.READY, "DEGRADED"),
        ("stopped", State.STOPPED, "DEGRADED"),
        ("failed", State.STARTING, "STARTING"),
    ],
)
def test_the_overall_state_follows_from_the_trigger_and_the_integrations(trigger, one, expected):
    assert state(trigger, one, State.READY) == expected


def test_every_state_of_an_integration_makes_an_overall_state():
    assert {state("listening", one) for one in State} == {"READY", "STARTING", "DEGRADED"}


def test_one_that_starts_is_waited_for_although_another_failed():
    assert state("listening", State.BLOCKED, State.STARTING) == "STARTING"


def test_without_integrations_the_trigger_decides():
    assert (state("listening"), state("degraded")) == ("READY", "DEGRADED")


def test_programs_read_all_of_an_integration_and_only_what_there_is_of_the_rest():
    trigger = TriggerStatus("KAFKA", "listening")
    shown = msgspec.to_builtins(Status("READY", [trigger], [IntegrationStatus("jira", "jira")]))

    assert "unread" not in shown
    [jira] = shown["integrations"]
    assert (jira["identifier"], jira["state"], jira["lastResync"]) == ("jira", "PENDING", None)
    assert "retryAt" in jira
