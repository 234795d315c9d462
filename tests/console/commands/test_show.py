import io
import json
import os
import pty
import select
import signal
import sys
import threading

import pytest
from rich.console import Console as Terminal

from framework.console.commands import show
from framework.state import NOBODY, NotRunningError
from framework.texts import CONTROL
from tests.fakes.children import BACKGROUND, running
from tests.fakes.operations import row

FRONT_DOOR = "from framework.main import main; main()"


def test_the_status_is_a_table_or_json(cli, operations):
    status, out, _ = cli("status", "--json")

    assert "jira/eu" in cli("status")[1]
    assert (status, json.loads(out)) == (0, operations.status())


def test_a_watch_needs_a_terminal_and_somebody_who_reads(cli):
    for words in (("--watch",), ("--watch", "--json")):
        status, out, err = cli("status", *words)

        assert (status, out) == (1, "")
        assert "--watch needs a terminal" in err


@pytest.mark.parametrize("around", [(), BACKGROUND], ids=["alone", "background"])
def test_a_status_can_be_watched_on_a_terminal_until_an_interrupt(served, around):
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-c", FRONT_DOOR, "status", "--watch", "--state", str(served)]
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with (
        os.fdopen(ours, "rb", buffering=0) as screen,
        running([*around, *argv], stdout=theirs, stderr=theirs, env=environ) as command,
    ):
        os.close(theirs)
        said = b""
        while b"jira/eu" not in said:
            assert select.select([screen], [], [], 30)[0], said
            said += screen.read(10_000)
        command.send_signal(signal.SIGINT)
        assert command.wait(30) == 0


def test_an_integration_is_described(cli, operations):
    operations.rows["kafka"] = row("kafka", state="BLOCKED", reason="no [token]")
    status, out, _ = cli("describe", "kafka")

    assert status == 0
    assert "no [token]" in out
    assert json.loads(cli("describe", "kafka", "--json")[1]) == operations.describe("kafka")


HOSTILE = "\x1b[2J\x9b31mgone\x07\u202e"


@pytest.mark.parametrize("command", [("status",), ("describe", "kafka")])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_control_characters_of_a_process_never_reach_a_terminal(cli, operations, command, options):
    operations.rows["kafka"] = row("kafka", state="BLOCKED", reason=f"said {HOSTILE}")
    status, out, _ = cli(*command, *options)

    assert status == 0
    assert "\\x1b[2J" in out or "\\u001b[2J" in out
    assert CONTROL.search(out) is None


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


# --- watching


class Looks:
    """A status that is another with each look; at its end somebody stops the watching."""

    def __init__(self, *answers):
        self.stop = threading.Event()
        self._answers = list(answers)

    def __call__(self):
        answer = self._answers.pop(0)
        if not self._answers:
            self.stop.set()
        if isinstance(answer, BaseException):
            raise answer
        return {"state": "READY", "triggers": [], "integrations": [answer]}


def watched(looks):
    file = io.StringIO()
    show.watch(looks, Terminal(file=file, force_terminal=True, width=200), looks.stop)
    return file.getvalue()


def test_the_status_is_shown_anew_until_it_is_stopped():
    text = watched(Looks(row("first"), row("second")))

    assert "first" in text
    assert "second" in text


def test_it_is_watched_while_no_supervisor_runs_too(tmp_path):
    assert "no supervisor runs" in watched(Looks(NotRunningError(NOBODY.format(folder=tmp_path))))


def test_an_interrupt_ends_it():
    looks = Looks(row("first"), KeyboardInterrupt(), row("never"))

    assert "never" not in watched(looks)
    assert not looks.stop.is_set()
