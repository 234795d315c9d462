import json
import select
import signal
import subprocess
import sys
import threading
from collections import deque

import pytest
from typer.testing import CliRunner

from framework.console.commands import logs as log_commands
from framework.errors import ConfigError
from framework.logs import Logging, files
from framework.logs.files import Files
from framework.logs.tail import Tail
from tests.fakes.children import BACKGROUND, running

FRONT_DOOR = "from framework.main import main; main()"
TEXT = "2026-01-31T12:00:00.123Z INFO    integration.jira: 3 pages"
TRACEBACK = "2026-01-31T12:00:00.124Z ERROR   integration.jira: broken\n    Traceback\n      x"
JSON = (
    '{"time":"2026-01-31T12:00:00.123Z","level":"INFO","logger":"integration.jira",'
    '"integration":"jira","message":"3 pages"}'
)


@pytest.fixture
def state(tmp_path):
    return tmp_path / ".state"


@pytest.fixture
def write(state):
    """Return what writes entries to an owner's log."""
    sink = Files(state, Logging())

    def write(owner, *entries):
        sink.write(owner, deque(f"{one}\n".encode() for one in entries))

    return write


@pytest.fixture
def logs(state):
    """Return what runs the command; it answers what it printed."""

    def logs(*words):
        ended = CliRunner().invoke(
            log_commands.app, [*words, "--state", str(state)], catch_exceptions=False
        )
        assert ended.exit_code == 0
        return ended.output

    return logs


def test_the_newest_of_an_integration_are_shown(write, logs):
    write("jira", "1", "2", TEXT, TRACEBACK)
    assert logs("-n", "2", "jira") == f"{TEXT}\n{TRACEBACK}\n"


def test_without_an_identifier_it_is_the_supervisors(write, logs):
    write("jira", "not this")
    write(files.OWN, "READY")
    assert logs() == "READY\n"


def test_twenty_are_shown_if_nothing_else_is_said(write, logs):
    write("jira", *map(str, range(30)))
    assert logs("jira").split() == [str(number) for number in range(10, 30)]


def test_json_is_printed_of_text(write, logs):
    write("jira", TEXT)
    assert json.loads(logs("jira", "--json")) == json.loads(JSON)


def test_text_is_printed_of_json(write, logs):
    write("jira", JSON)
    assert logs("jira") == f"{TEXT}\n"


def test_an_unknown_identifier_is_told_which_there_are(write, logs):
    write("kafka", TEXT)
    write("jira", TEXT)
    with pytest.raises(ConfigError, match="no log of 'jria'; there are: jira, kafka"):
        logs("jria")


def test_an_identifier_where_nothing_was_logged_is_refused(logs):
    with pytest.raises(ConfigError, match="no integration has logged anything"):
        logs("jira")


def test_a_folder_without_a_log_is_refused(logs):
    with pytest.raises(ConfigError, match="no such file; name the supervisor's"):
        logs()


def test_it_follows_until_it_is_interrupted(write, logs, monkeypatch):
    write("jira", "1", "2")
    news = iter(["3"])

    class Interrupted(threading.Event):
        def wait(self, timeout=None):
            try:
                write("jira", next(news))
            except StopIteration:
                raise KeyboardInterrupt from None
            return False

    monkeypatch.setattr(log_commands, "Event", Interrupted)  # a Ctrl-C at a moment of our choice
    assert logs("-f", "-n", "1", "jira") == "2\n3\n"


def test_an_interrupt_ends_it_in_a_background_job_too(write, state):
    write("jira", "1")
    argv = [sys.executable, "-c", FRONT_DOOR, "logs", "-f", "jira", "--state", str(state)]
    with running([*BACKGROUND, *argv], stdout=subprocess.PIPE) as command:
        assert select.select([command.stdout], [], [], 30)[0]
        command.send_signal(signal.SIGINT)
        assert command.wait(30) == 0


def test_nothing_stays_open(write, state):
    write("jira", "1")
    tail = Tail(files.path(state, "jira"))
    tail.last(1)
    tail.close()
    assert tail._file is not None
    assert tail._file.closed
