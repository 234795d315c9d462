"""A supervisor as its users have it: `supervisor.py run` in a process, looked at from outside."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
import requests

ROOT = Path(__file__).resolve().parents[1]
SUPERVISOR = ROOT / "supervisor.py"


def eventually(condition, seconds=60, what="the condition"):
    """Return the first true value of `condition`; fail with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)  # between two looks
    return pytest.fail(f"{what} did not come true within {seconds} s")


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

    def start(self):
        argv = [sys.executable, str(SUPERVISOR), "run", *self._options()]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environ
            )

    def until(self, state, seconds=90):
        """Wait for a state of the whole; return the status."""
        return eventually(lambda: self._in(state), seconds, f"state {state}\n{self.tail()}")

    def status(self):
        answer = self.command("status", "--json")
        return json.loads(answer.stdout) if answer.returncode == 0 else None

    def one(self, identifier):
        """Return the status of one integration, {} while there is none."""
        found = (self.status() or {}).get("integrations", [])
        return next((one for one in found if one["identifier"] == identifier), {})

    def command(self, *words):
        argv = [sys.executable, str(SUPERVISOR), *words, *self._options()]
        return subprocess.run(
            argv, capture_output=True, text=True, env=self.environ, timeout=120, check=False
        )

    def port(self):
        return Port(self.status()["sandbox"])

    def family(self):
        """Return every process that descends from the supervisor."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def tail(self, lines=60):
        return "\n".join(self.log.read_text().splitlines()[-lines:])

    def stop(self, number=signal.SIGTERM, seconds=60):
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def end(self):
        if self.process and self.process.poll() is None:
            family = self.family()
            self.process.kill()
            self.process.wait(30)
            for process in family:
                if process.is_running():
                    process.kill()

    def _in(self, state):
        if self.process.poll() is not None:
            pytest.fail(f"the supervisor ended with {self.process.returncode}\n{self.tail()}")
        status = self.status()
        return status if status and status["state"] == state else None

    def _options(self):
        return ["--config", str(self.config), "--state", str(self.state)]


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.end()
