from functools import partial
from types import SimpleNamespace

import pytest

from framework.config.config import Config
from framework.config.integrations import Integration
from framework.events import TriggerStatus
from framework.journal import Journal
from framework.masking import Masks
from framework.port.settings import Port
from framework.sandbox.settings import Sandbox
from framework.spec import Spec
from framework.state import StateFolder
from framework.supervisor import Supervisor, wiring
from tests.fakes.staff import Staff

NOWHERE = Port(client_id="me", client_secret="secret", base_url="http://127.0.0.1:9")


class Channel:
    """A trigger channel whose trigger only has a status."""

    def __init__(self):
        self.started = 0
        status = TriggerStatus("KAFKA", "listening")
        self.trigger = SimpleNamespace(status=status, is_alive=lambda: False, start=self._start)
        self.when_it_starts = lambda: None

    def listen(self, hub, client):
        self.hub = hub
        return self.trigger

    def _start(self):
        self.started += 1
        self.when_it_starts()


class House:
    """What a supervisor is made of; `running` makes one with workers that a test acts for."""

    def __init__(self, path, staff):
        self.path, self.staff, self.channel = path, staff, Channel()
        self.folder = StateFolder(path / "state")
        self.made = []

    def one(self, identifier, **settings):
        """Return what config.yaml says of an integration."""
        return Integration(
            **{
                "identifier": identifier,
                "type": "type",
                "folder": self.path,
                "spec": Spec(),
                "config": {},
                "env": {},
                **settings,
            }
        )

    def config(self, *integrations, port=NOWHERE):
        """Return a configuration; a name stands for an integration about which nothing is said."""
        known = [self.one(each) if isinstance(each, str) else each for each in integrations]
        return Config(port, self.channel, tuple(known), Sandbox())

    def supervisor(self, *integrations):
        """Make a supervisor that has not begun."""
        supervisor = Supervisor(self.config(*integrations), self.folder, "1", Masks())
        self.made.append(supervisor)
        return supervisor

    def running(self, *integrations):
        """Make one whose journal is open, and whose workers have started; no other thread has."""
        supervisor = self.supervisor(*integrations)
        supervisor._journal.open()
        supervisor._workforce.employ(supervisor._config.integrations, supervisor._journal.desired())
        return supervisor

    def end(self):
        for supervisor in self.made:
            supervisor.stop()
        self.folder.close()


@pytest.fixture
def staff():
    return Staff()


@pytest.fixture
def house(tmp_path, staff, monkeypatch):
    monkeypatch.setattr(wiring, "worker", staff.hire)
    house = House(tmp_path, staff)
    yield house
    house.end()


@pytest.fixture
def one(tmp_path):
    """Return what config.yaml says of an integration."""
    fields = {"type": "type", "folder": tmp_path, "spec": Spec(), "config": {}, "env": {}}
    return partial(_integration, fields)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    journal.open()
    yield journal
    journal.close()


def _integration(fields, identifier, **settings):
    return Integration(identifier=identifier, **{**fields, **settings})
