"""`run` in this process: a script stands in for the signals, and a fake for the sandbox."""

import json
import logging
import os
import resource
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from framework import guard, kernel
from framework.config import difference
from framework.console import client
from framework.errors import ConfigError, FrameworkError
from framework.logs import Format
from framework.process import MARKER
from framework.running import duty
from framework.running import run as running
from framework.sandbox.address import Address
from framework.supervisor import supervisor

NOWHERE = """
port: {clientId: me, clientSecret: secret, baseUrl: "http://127.0.0.1:9"}
triggerChannel: {brokers: "127.0.0.1:9", securityProtocol: PLAINTEXT}
"""
SANDBOX = """
port: {baseUrl: sandbox}
triggerChannel: {brokers: sandbox}
"""
SECONDS = 30.0
AGAIN = object()  # a step that is not done yet
ADDRESS = Address("http://127.0.0.1:9", "127.0.0.1:9", "me", "secret")


class Script:
    """Signals: a look at them does the next step, if it is done; after the last a stop is asked."""

    def __init__(self):
        self.steps, self.reloads, self.stopped, self.closed = [], 0, False, False
        self.end = time.monotonic() + SECONDS

    def wait(self, seconds):
        assert time.monotonic() < self.end, f"it goes on: {self.steps}"
        if seconds and self.steps:
            self._step()
        elif seconds:
            self.stopped = True
        return self.stopped

    def _step(self):
        if self.steps[0]() is AGAIN:
            select.select([], [], [], 0.01)
        else:
            self.steps.pop(0)

    def reload_asked(self):
        asked, self.reloads = self.reloads > 0, 0
        return asked

    def close(self):
        self.closed = True


class FakeSandbox:
    """A sandbox that is ready at the second look, or says why it is not."""

    failure = None
    made = []

    def __init__(self, argv, stop, env):
        self.argv, self.stop, self.env = argv, stop, env
        self.looks = 0
        self.joined = False
        self.made.append(self)

    def start(self):
        self.looks = 1

    @property
    def status(self):
        self.looks += 1
        starting = SimpleNamespace(state="starting", address=None)
        ready = SimpleNamespace(state="ready", address=ADDRESS, reason=None, restarts=0)
        return starting if self.looks < 4 else ready

    def ready(self, seconds):
        if self.failure:
            raise self.failure

    def join(self, seconds):
        self.joined = self.stop.is_set()


class Run:
    """A folder with a config.yaml, and what a run there says."""

    def __init__(self, folder, signals):
        self.file, self.state, self.signals = folder / "config.yaml", folder / "state", signals
        self.file.write_text(NOWHERE)
        self.statuses = []

    def __call__(self, *steps, log_format=None):
        self.signals.steps = list(steps)
        running.run(self.file, self.state, "1", log_format)

    def look(self):
        """Keep what operators see; as a step."""
        self.statuses.append(client.status(self.state))

    @property
    def log(self):
        return (self.state / "logs" / "supervisor.log").read_text()


@pytest.fixture
def kept():
    """Let this process be as it was before: its limits, its log, what the kernel knows of it."""
    root, limits = logging.getLogger(), resource.getrlimit(resource.RLIMIT_NOFILE)
    handlers, level = [*root.handlers], root.level
    yield
    root.handlers[:], root.level = handlers, level
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 0)


@pytest.fixture
def run(tmp_path, monkeypatch, kept):
    signals = Script()
    monkeypatch.setattr(running, "Signals", lambda: signals)
    monkeypatch.setattr(running, "SandboxProcess", FakeSandbox)
    monkeypatch.setattr(FakeSandbox, "made", [])
    monkeypatch.setenv(guard.VARIABLE, "1")
    return Run(tmp_path, signals)


def test_it_runs_until_it_is_asked_to_stop_and_says_how_it_is(run, capfd):
    run(run.look, lambda: None)

    assert run.statuses[0]["state"] in {"STARTING", "DEGRADED"}
    assert run.statuses[0]["integrations"] == []
    assert capfd.readouterr().out.split()[0] in {"STARTING", "DEGRADED"}
    assert " supervisor: stopping" in run.log
    assert run.signals.closed
    assert guard.VARIABLE not in os.environ
    assert not (run.state / "console").exists()


def test_a_file_that_is_wrong_is_told_before_anything_starts(run):
    run.file.write_text("sandbocks: {}\n")
    with pytest.raises(ConfigError, match="sandbocks"):
        run()

    assert not run.state.exists()


def test_a_hangup_takes_the_file_into_use_or_says_why_not(run):
    def hang_up():
        run.file.write_text("sandbocks: {}\n")
        run.signals.reloads = 1

    run(hang_up, run.look)

    assert "sandbocks" in run.statuses[0]["unread"]
    assert "the configuration was not reloaded: " in run.log


def test_what_fails_for_want_of_files_is_logged_and_done_later(run, monkeypatch, caplog):
    monkeypatch.setattr(supervisor, "BURIAL_SECONDS", 0.0)
    monkeypatch.setattr(duty, "PAUSE_SECONDS", 0.0)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)

    def forbid():
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))

    def allow():
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    run(
        run.look,  # everything has started
        forbid,
        lambda: None if "looking after the integrations failed" in caplog.text else AGAIN,
        allow,
        lambda: None if "looking after the integrations works again" in caplog.text else AGAIN,
        run.look,
    )

    assert len(run.statuses) == 2


def test_a_bug_in_a_reload_is_shown_and_ends_nothing(run, monkeypatch):
    def bug(*_):
        raise IndexError("list index out of range")

    def hang_up():
        monkeypatch.setattr(difference, "difference", bug)
        run.signals.reloads = 1

    run(hang_up, run.look)

    assert run.statuses[0]["unread"] == (
        "unexpected: IndexError('list index out of range'); the log says more"
    )
    assert "the configuration was not reloaded" in run.log


def test_an_operator_s_reload_is_done_by_the_main_thread(run):
    asked = []
    with ThreadPoolExecutor() as operators:

        def ask():
            run.file.write_text(NOWHERE + "logs: {keep: 3}\n")
            asked.append(operators.submit(client.reload, run.state))

        run(ask, lambda: None if asked[0].done() else AGAIN)

    assert asked[0].result(0) == {"applied": True, "integrations": [], "restart": ["logs"]}


def test_the_log_is_written_as_the_command_line_says(run):
    run(log_format=Format.JSON)

    assert {"supervisor"} <= {json.loads(line)["logger"] for line in run.log.splitlines()}


def test_what_an_earlier_run_left_behind_is_killed(run):
    run.state.mkdir()
    (run.state / "instance").write_text("0123456789abcdef")
    with subprocess.Popen(
        ["sleep", "60"], env={**os.environ, MARKER: "0123456789abcdef/jira"}
    ) as left:
        run()

    assert left.returncode == -signal.SIGKILL
    assert "1 processes that an earlier run left behind were killed" in run.log


def test_it_needs_linux(run, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ConfigError, match=r"needs Linux 5\.3 or newer"):
        run()


# --- the sandbox


def test_the_sandbox_comes_first_and_its_page_is_announced(run, capfd):
    run.file.write_text(SANDBOX)
    run(*[lambda: None] * 3, run.look, lambda: None)
    [sandbox] = FakeSandbox.made

    assert sandbox.argv[1:3] == [str(running.FRONT_DOOR), "sandbox"]
    assert sandbox.env[MARKER].endswith("/sandbox")
    assert run.statuses[0]["sandbox"]["url"] == ADDRESS.url
    assert f"page {ADDRESS.url}" in capfd.readouterr().out
    assert sandbox.joined


def test_a_stop_while_the_sandbox_starts_starts_nothing_else(run):
    run.file.write_text(SANDBOX)
    run()
    [sandbox] = FakeSandbox.made

    assert sandbox.joined
    assert not (run.state / "journal.sqlite").exists()


def test_a_sandbox_that_does_not_start_is_an_error_and_is_ended(run, monkeypatch):
    monkeypatch.setattr(
        FakeSandbox, "failure", FrameworkError("the sandbox did not start: no port")
    )
    run.file.write_text(SANDBOX)
    with pytest.raises(FrameworkError, match="the sandbox did not start: no port"):
        run(*[lambda: None] * 9)

    assert FakeSandbox.made[0].joined
