import json
import signal
import subprocess
import sys

import pytest

from tests.fakes.children import BACKGROUND, running
from tests.fakes.operations import row

STARTED = {"state": "READY", "pid": 78, "desired": "run", "since": "2026-01-31T13:00:00.000Z"}
FAILED = {**STARTED, "state": "BACKOFF", "pid": None, "reason": "exit status 1: no [route]"}
FRONT_DOOR = "from framework.main import main; main()"


def test_a_start_waits_until_it_is_ready(cli, operations):
    operations.rows["kafka"] = row("kafka", state="STOPPED", desired="stop", pid=None)
    operations.afterwards("kafka", {"state": "STARTING"}, STARTED)

    assert cli("start", "kafka") == (
        0,
        "kafka: READY, pid 78\n",
        "waiting for kafka (STARTING)\n",
    )
    assert operations.asked == [("run", "kafka")]


def test_a_start_that_fails_is_told_with_its_reason(cli, operations):
    operations.afterwards("kafka", FAILED)
    operations.rows["kafka"] = row("kafka", state="BLOCKED", pid=None)
    status, out, err = cli("start", "kafka", "jira/eu")

    assert (status, out) == (1, "jira/eu: READY, pid 77\n")
    assert err == (
        "kafka is BACKOFF: exit status 1: no [route]; `supervisor.py describe kafka` shows more"
    )


def test_a_stop_waits_until_nothing_runs(cli, operations):
    operations.afterwards("kafka", {"state": "STOPPED", "pid": None})

    assert cli("stop", "kafka") == (0, "kafka: STOPPED\n", "")
    assert operations.asked == [("stop", "kafka")]


def test_a_restart_waits_for_another_process(cli, operations):
    operations.afterwards("kafka", {}, STARTED)
    status, out, _ = cli("restart", "kafka")

    assert (status, out) == (0, "kafka: READY, pid 78\n")
    assert operations.asked == [("restart", "kafka")]


def test_what_is_paused_is_said_to_be_and_resumed(cli, operations):
    assert cli("pause", "jira/eu") == (0, "jira/eu: READY (paused), pid 77\n", "")
    assert cli("resume", "jira/eu") == (0, "jira/eu: READY, pid 77\n", "")
    assert operations.asked == [("pause", "jira/eu"), ("run", "jira/eu")]


def test_all_of_them_are_asked(cli, operations):
    assert cli("pause", "--all")[0] == 0
    assert operations.asked == [("pause", "kafka"), ("pause", "jira/eu")]


def test_those_that_failed_are_asked(cli, operations):
    operations.rows["jira/eu"] = row("jira/eu", state="CRASH_LOOP", pid=None)
    operations.afterwards("jira/eu", STARTED)

    assert cli("start", "--failed") == (0, "jira/eu: READY, pid 78\n", "")
    assert operations.asked == [("run", "jira/eu")]


def test_where_none_failed_there_is_nothing_to_do(cli):
    assert cli("restart", "--failed") == (0, "nothing to do\n", "")
    assert cli("restart", "--failed", "--json") == (0, "[]\n", "")


def test_a_request_can_be_made_without_a_wait(cli, operations):
    status, out, err = cli("restart", "kafka", "--no-wait")

    assert (status, out, err) == (0, "kafka: requested; it is READY\n", "")
    assert operations.asked == [("restart", "kafka")]


def test_programs_get_every_outcome(cli, operations):
    operations.afterwards("kafka", FAILED)
    status, out, err = cli("restart", "kafka", "jira/eu", "--no-wait", "--json")

    assert (status, err) == (0, "")
    assert [(one["identifier"], one["end"], one["state"]) for one in json.loads(out)] == [
        ("kafka", "open", "BACKOFF"),
        ("jira/eu", "open", "READY"),
    ]


def test_programs_get_outcomes_of_what_failed_too(cli, operations):
    operations.afterwards("kafka", FAILED)
    status, out, err = cli("start", "kafka", "--json")

    assert (status, "kafka is BACKOFF" in err) == (1, True)
    assert json.loads(out) == [
        {
            "identifier": "kafka",
            "end": "failed",
            "state": "BACKOFF",
            "desired": "run",
            "reason": "exit status 1: no [route]",
            "pid": None,
        }
    ]


@pytest.mark.parametrize("words", [(), ("kafka", "--all")])
def test_which_integrations_has_to_be_said_and_once(cli, operations, words):
    status, out, err = cli("stop", *words)

    assert (status, out) == (1, "")
    assert "--all" in err
    assert operations.asked == []


def test_nobody_is_asked_if_one_of_them_is_unknown(cli, operations):
    status, _, err = cli("stop", "kafka", "nope")

    assert (status, err) == (1, "no integration 'nope'; there are: kafka, jira/eu")
    assert operations.asked == []


@pytest.mark.parametrize("around", [(), BACKGROUND], ids=["alone", "background"])
def test_an_interrupt_ends_the_wait_and_not_the_request(served, operations, around):
    operations.afterwards("kafka", {"state": "STOPPING"})
    argv = [sys.executable, "-c", FRONT_DOOR, "stop", "kafka", "--state", str(served)]
    with running([*around, *argv], stderr=subprocess.PIPE, text=True) as command:
        waits = command.stderr.readline()
        command.send_signal(signal.SIGINT)
        _, rest = command.communicate(timeout=30)

    assert waits == "waiting for kafka (STOPPING)\n"
    assert "the request stands" in rest
    assert command.returncode == 130
    assert operations.rows["kafka"]["desired"] == "stop"
