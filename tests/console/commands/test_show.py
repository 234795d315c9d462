import json
import os
import pty
import select
import signal
import subprocess
import sys

from tests.fakes.operations import row

FRONT_DOOR = "from framework.console.commands import app; app.opened()()"


def test_the_status_is_a_table_or_json(cli, operations):
    status, out, _ = cli("status", "--json")

    assert "jira/eu" in cli("status")[1]
    assert (status, json.loads(out)) == (0, operations.status())


def test_a_watch_needs_a_terminal_and_somebody_who_reads(cli):
    for words in (("--watch",), ("--watch", "--json")):
        status, out, err = cli("status", *words)

        assert (status, out) == (1, "")
        assert "--watch is for a terminal" in err


def test_a_status_can_be_watched_on_a_terminal(served):
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-c", FRONT_DOOR, "status", "--watch", "--state", str(served)]
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with (
        os.fdopen(ours, "rb", buffering=0) as screen,
        subprocess.Popen(argv, stdout=theirs, stderr=theirs, env=environ) as command,
    ):
        os.close(theirs)
        said = b""
        while b"jira/eu" not in said:
            assert select.select([screen], [], [], 30)[0], said
            said += screen.read(10_000)
        command.send_signal(signal.SIGINT)

    assert command.returncode == 0


def test_an_integration_is_described(cli, operations):
    operations.rows["kafka"] = row("kafka", state="BLOCKED", reason="no [token]")
    status, out, _ = cli("describe", "kafka")

    assert status == 0
    assert "no [token]" in out
    assert json.loads(cli("describe", "kafka", "--json")[1]) == operations.describe("kafka")


def test_the_stacks_of_a_process_are_printed_as_they_are(cli, operations):
    assert cli("stacks", "kafka") == (0, "MainThread\n  main.py:1 serve\n", "")
    assert operations.asked == [("stacks", "kafka")]


def test_an_unknown_integration_is_an_error_with_the_known_ones(cli):
    for command in ("describe", "stacks"):
        assert cli(command, "nope") == (
            1,
            "",
            "no integration 'nope'; there are: kafka, jira/eu",
        )
