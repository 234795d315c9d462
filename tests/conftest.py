"""A supervisor as its users have it: `supervisor.py run` in a process, looked at from outside."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
import requests

from framework import state
from framework.console import client
from framework.process import MARKER
from framework.state import NotRunningError

ROOT = Path(__file__).resolve().parents[1]
SUPERVISOR = ROOT / "supervisor.py"
# As systemd starts it, which is its guard then: the process that we start is the supervisor.
UNGUARDED = ["sh", "-c", 'SYSTEMD_EXEC_PID=$$ exec "$@"', "sh"]


def pytest_configure():
    """Hear what a terminal sends, in a background job, too; what tests start inherits it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def eventually(condition, seconds=60, what=lambda: "the condition"):
    """Return the first true value of `condition`; fail with `what()` after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)  # between two looks
    return pytest.fail(f"{what()} did not come true within {seconds} s")


class Port:
    """A client of the local Port, as any program that has its address and credentials."""

    def __init__(self, address):
        self.url = address["url"]
        secret = {"clientId": address["clientId"], "clientSecret": address["clientSecret"]}
        token = requests.post(f"{self.url}/v1/auth/access_token", json=secret, timeout=10).json()
        self._headers = {"Authorization": f"Bearer {token['accessToken']}"}

    def call(self, method, path, **options):
        answer = requests.request(
            method, f"{self.url}/v1{path}", headers=self._headers, timeout=10, **options
        )
        answer.raise_for_status()
        return answer.json()

    def entities(self, blueprint):
        """Return the entities of a blueprint by identifier; none where there is no blueprint."""
        try:
            found = self.call("GET", f"/blueprints/{blueprint}/entities")["entities"]
        except requests.HTTPError:
            return {}
        return {entity["identifier"]: entity for entity in found}

    def integration(self, identifier):
        return self.call("GET", f"/integration/{identifier}")["integration"]

    def resync_state(self, identifier):
        return self.integration(identifier)["resyncState"]["status"]

    def set_mapping(self, identifier, mapping):
        self.call("PATCH", f"/integration/{identifier}/config", json={"config": mapping})

    def request_resync(self, identifier):
        """Do what the page's button does: an empty change of the integration."""
        self.call("PATCH", f"/integration/{identifier}", json={})

    # --- as the page does it, without a token

    def page(self, method, path, **options):
        answer = requests.request(method, f"{self.url}/page{path}", timeout=10, **options)
        answer.raise_for_status()
        return answer.json()

    def page_resync(self, identifier):
        self.page("POST", f"/integrations/{identifier}/resync")

    def page_mapping(self, identifier):
        """Return the text in the page's editor."""
        return self.page("GET", f"/integrations/{identifier}/mapping")["yaml"]

    def set_page_mapping(self, identifier, text):
        self.page("PUT", f"/integrations/{identifier}/mapping", json={"yaml": text})


class House:
    """One supervisor with its folder: config.yaml, integrations/, .state/."""

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "config.yaml"
        self.state = folder / ".state"
        self.log = folder / "log"
        self.environ = dict(os.environ)
        self.process = None

    # --- before the start

    def configure(self, text):
        self.config.write_text(textwrap.dedent(text))

    def integration(self, type_, main, requirements="", resources=None):
        """Write an integration; `resources` are (blueprints, mapping) for .port/resources."""
        place = self.folder / "integrations" / type_
        (place / ".port" / "resources").mkdir(parents=True, exist_ok=True)
        (place / "main.py").write_text(textwrap.dedent(main))
        (place / "requirements.txt").write_text(requirements)
        if resources:
            blueprints, mapping = resources
            target = place / ".port" / "resources"
            (target / "blueprints.json").write_text(json.dumps(blueprints))
            (target / "port-app-config.yaml").write_text(json.dumps(mapping))
        return place

    # --- a run

    def start(self, *, guarded=False, stdout=None, around=()):
        """Start the supervisor as systemd does, or as a user in a terminal, with its guard.

        `stdout` is a file or descriptor of its own; otherwise it goes to the log. `around` is a
        program that becomes the supervisor, or its guard.
        """
        argv = [sys.executable, str(SUPERVISOR), "run", *self._options()]
        if not guarded:
            argv = [*UNGUARDED, *argv]
        argv = [*around, *argv]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log, env=self.environ
            )

    def supervisor(self):
        """Return the supervisor's pid, as its lock has it; 0 before it has one."""
        with suppress(FileNotFoundError):
            return int((self.state / "lock").read_text() or 0)
        return 0

    def until(self, state, seconds=90):
        """Wait for a state of the whole; return the status."""
        return self.eventually(lambda: self._in(state), seconds, f"state {state}")

    def eventually(self, condition, seconds=60, what="the condition"):
        """Return the first true value of `condition`; fail with the log's end if it is too late."""
        return eventually(condition, seconds, lambda: f"{self.tail()}\n{self.status()}\n{what}")

    def status(self):
        """Return what `status --json` prints, or None while nobody answers."""
        try:
            return client.status(self.state)
        except NotRunningError:
            return None

    def one(self, identifier):
        """Return the status of one integration, {} while there is none."""
        found = (self.status() or {}).get("integrations", [])
        return next((one for one in found if one["identifier"] == identifier), {})

    def describe(self, identifier):
        """Return what `describe --json` prints."""
        return client.describe(self.state, identifier)

    def transitions(self, identifier):
        """Return the last transitions of an integration, newest first."""
        return self.describe(identifier)["transitions"]

    def trigger(self):
        """Return the status of the trigger, {} while there is none."""
        return ((self.status() or {}).get("triggers") or [{}])[0]

    def resync(self, identifier, seconds=60):
        """Have an integration resync; return the report once the delivery is done."""
        event = client.resync(self.state, identifier)
        self.until_done(event, identifier, seconds)
        return self.one(identifier)["lastResync"]

    def until_done(self, event, identifier, seconds=60):
        """Wait for the end of a delivery; return how many attempts it took."""
        self.eventually(
            lambda: self.delivery(event, identifier)["state"] == "done", seconds, f"{event} done"
        )
        return self.delivery(event, identifier)["attempt"]

    def delivery(self, event, identifier):
        """Return the journal's entry: attempt and state."""
        found = self.deliveries(identifier)
        return next((one for one in found if one["event"] == event), {"state": "unknown"})

    def deliveries(self, identifier):
        """Return what the journal holds for an integration, oldest first."""
        query = "SELECT event, attempt, state FROM deliveries WHERE identifier = ? ORDER BY number"
        journal = f"file:{self.state / 'journal.sqlite'}?mode=ro"
        with closing(sqlite3.connect(journal, uri=True)) as connection:
            rows = connection.execute(query, [identifier]).fetchall()
        return [dict(zip(("event", "attempt", "state"), row, strict=True)) for row in rows]

    def said(self, identifier):
        """Return the lines of an integration's log."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if f" integration.{identifier}: " in line]

    def command(self, *words):
        argv = [sys.executable, str(SUPERVISOR), *words, *self._options()]
        return subprocess.run(
            argv, capture_output=True, text=True, env=self.environ, timeout=120, check=False
        )

    def port(self):
        return Port(self.status()["sandbox"])

    def family(self):
        """Return every process that descends from the one that was started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def sandbox(self):
        """Return the process of the local Port."""
        return next(one for one in self.family() if "sandbox" in one.cmdline())

    def relatives(self):
        """Return every process on this machine that carries this supervisor's name."""
        name = f"{state.instance(self.state)}/"
        return [process for process in psutil.process_iter() if _marker(process).startswith(name)]

    def tail(self, lines=60):
        return "\n".join(self.log.read_text().splitlines()[-lines:])

    def stop(self, number=signal.SIGTERM, seconds=60):
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def end(self):
        """Kill the run with its guard, and whatever a test has parted from it."""
        if self.process is None:
            return
        left = [] if self.process.poll() is not None else self.family()
        left += [one for one in psutil.process_iter() if self._is_of(one)]
        self.process.kill()
        with suppress(FileNotFoundError):  # it has no name yet
            left += self.relatives()
        for one in left:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait(30)

    def _is_of(self, process):
        with suppress(psutil.Error):
            return {str(SUPERVISOR), str(self.state)} <= set(process.cmdline())
        return False

    def _in(self, state):
        if self.process.poll() is not None:
            pytest.fail(f"the supervisor ended with {self.process.returncode}\n{self.tail()}")
        status = self.status()
        return status if status and status["state"] == state else None

    def _options(self):
        return ["--config", str(self.config), "--state", str(self.state)]


def alive(processes):
    """Return those that still run; one that waits to be buried does not."""
    return [one for one in processes if _status(one) not in {psutil.STATUS_ZOMBIE, "gone"}]


def _status(process):
    try:
        return process.status() if process.is_running() else "gone"
    except psutil.NoSuchProcess:
        return "gone"


def _marker(process):
    try:
        return process.environ().get(MARKER, "")
    except psutil.Error:
        return ""


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.end()


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory):
    """One house for all tests of a module that leave it running as they found it."""
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.end()


@pytest.fixture
def children():
    """Return a list: what is put there is ended after the test."""
    started = []
    yield started
    for child in started:
        child.kill()
        child.wait(10)
        child.close()
