import msgspec
import pytest

from framework.console.control.verbs import VERBS, Integration
from tests.fakes.operations import row

VERB = {verb.name: verb for verb in VERBS}
DISABLED = "it is disabled in config.yaml: set enabled: true, then reload"
STOPPED = "it is stopped; `supervisor.py start kafka` starts it"


def kafka(**changes):
    return msgspec.convert(row("kafka", **changes), Integration)


@pytest.mark.parametrize("name", ["start", "resume"])
def test_to_run_is_reached_by_whoever_serves(name):
    reached = VERB[name].reached

    assert reached(kafka(), kafka(state="READY"))
    assert reached(kafka(), kafka(state="DEGRADED"))
    assert not reached(kafka(), kafka(state="STARTING"))
    assert not reached(kafka(), kafka(state="READY", desired="pause"))


def test_a_stop_is_reached_when_nothing_runs():
    reached = VERB["stop"].reached

    assert reached(kafka(), kafka(state="STOPPED"))
    assert reached(kafka(), kafka(state="DISABLED"))
    assert not reached(kafka(), kafka(state="STOPPING"))


def test_a_pause_is_reached_when_it_is_noted():
    assert VERB["pause"].reached(kafka(), kafka(desired="pause"))
    assert not VERB["pause"].reached(kafka(), kafka())


def test_a_restart_is_reached_by_another_process():
    reached = VERB["restart"].reached

    assert reached(kafka(pid=77), kafka(pid=78))
    assert not reached(kafka(pid=77), kafka(pid=77))
    assert not reached(kafka(pid=77), kafka(pid=78, state="STARTING"))
    assert not reached(kafka(pid=77), kafka(pid=None, state="BACKOFF"))


@pytest.mark.parametrize("name", ["start", "restart", "resume"])
@pytest.mark.parametrize("state", ["BACKOFF", "CRASH_LOOP", "BLOCKED"])
def test_a_failure_after_the_request_ends_it_and_an_earlier_one_does_not(name, state):
    lost, before = VERB[name].lost, kafka(state=state)

    assert not lost(before, before)
    assert lost(before, kafka(state=state, since="2026-01-31T12:00:00.001Z"))
    assert lost(before, kafka(state=state, restarts=1))
    assert not lost(before, kafka(state="STARTING", restarts=1))


@pytest.mark.parametrize("name", ["stop", "pause"])
def test_a_failure_does_not_hinder_a_stop_or_a_pause(name):
    assert not VERB[name].lost(kafka(), kafka(state="BACKOFF", restarts=1))


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_disabled_integration_is_for_no_command(verb):
    disabled = kafka(state="DISABLED")

    assert verb.unfit(disabled) == verb.skipped(disabled) == DISABLED
    assert verb.unfit(kafka()) is None
    assert verb.skipped(kafka()) is None


@pytest.mark.parametrize(
    ("name", "unfit", "skipped"),
    [
        ("start", None, None),
        ("stop", None, None),
        ("restart", None, STOPPED),
        ("pause", STOPPED, STOPPED),
        ("resume", None, STOPPED),
    ],
)
def test_what_an_operator_stopped_is_not_started_by_the_way(name, unfit, skipped):
    stopped = kafka(state="STOPPED", desired="stop")

    assert VERB[name].unfit(stopped) == unfit
    assert VERB[name].skipped(stopped) == skipped
