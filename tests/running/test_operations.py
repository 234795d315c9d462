"""What a supervisor does for its operators: with a stand-in for the supervisor itself."""

from types import SimpleNamespace

import pytest
from msgspec import Struct

from framework.config.difference import Change, Changed, Difference
from framework.errors import ConfigError, FrameworkError
from framework.journal import Desired
from framework.running.operations import Operations
from framework.sandbox.address import Address

FOUND = Difference([Changed("jira", Change.CHANGED, ["config.token"])], ["port"])
ADDRESS = Address("http://127.0.0.1:1", "127.0.0.1:2", "id", "secret")


class Status(Struct):
    state: str


class Supervisor:
    """Notes what it is asked to do."""

    unread = None
    owner_is_there = True

    def __init__(self):
        self.did = []

    def status(self):
        return Status("READY")

    def resync(self, identifier):
        return f"event of {identifier}"

    def describe(self, identifier):
        return identifier

    def stacks(self, identifier):
        return f"stacks of {identifier}"

    def desire(self, identifier, desired):
        self.did.append((identifier, desired))

    def restart(self, identifier):
        self.did.append(("restart", identifier))
        return self.owner_is_there

    def employ_again(self, identifier):
        self.did.append(("employ", identifier))

    def preview(self, config):
        return FOUND

    def reload(self, config, hurry):
        if isinstance(config, FrameworkError):
            raise config
        self.did.append(("reload", config, hurry()))
        return FOUND


class House:
    def __init__(self, sandbox=None):
        self.supervisor = Supervisor()
        self.config = "config"
        self.operations = Operations(self.supervisor, sandbox, self.load, lambda: False)
        self.operations.main_thread = SimpleNamespace(call=lambda work: work())

    def load(self):
        if isinstance(self.config, ConfigError):
            raise self.config
        return self.config


@pytest.fixture
def house():
    return House()


def test_the_status_shows_the_sandbox_where_there_is_one(house):
    assert house.operations.status() == {"state": "READY"}

    known = SimpleNamespace(address=ADDRESS, state="ready", reason=None, restarts=0)
    with_sandbox = House(SimpleNamespace(status=known)).operations.status()
    assert with_sandbox["sandbox"]["url"] == ADDRESS.url
    assert with_sandbox["sandbox"]["state"] == "ready"


def test_what_is_desired_reaches_the_supervisor(house):
    house.operations.desire("jira", "pause")
    assert house.supervisor.did == [("jira", Desired.PAUSE)]


def test_a_restart_makes_another_owner_only_where_it_failed(house):
    house.operations.restart("jira")
    assert house.supervisor.did == [("restart", "jira")]

    house.supervisor.owner_is_there = False
    house.operations.restart("jira")
    assert house.supervisor.did[1:] == [("restart", "jira"), ("employ", "jira")]


def test_a_preview_applies_nothing_and_a_reload_does(house):
    changed = [{"identifier": "jira", "change": "changed", "what": ["config.token"]}]
    assert house.operations.preview() == {
        "applied": False, "integrations": changed, "restart": ["port"],
    }  # fmt: skip
    assert house.supervisor.did == []
    assert house.operations.reload()["applied"] is True
    assert house.supervisor.did == [("reload", "config", False)]


def test_a_file_that_was_not_taken_into_use_is_remembered(house):
    house.config = ConfigError("config.yaml:3: unknown key")
    with pytest.raises(ConfigError):
        house.operations.reload()
    assert house.supervisor.unread == "config.yaml:3: unknown key"
    assert house.supervisor.did == []


def test_a_reload_by_signal_says_in_the_log_what_it_did(house, caplog):
    caplog.set_level("INFO")
    house.operations.reload_by_signal()
    assert "jira was changed: config.token" in caplog.messages
    assert "reloaded; unchanged: 0" in caplog.messages
    assert "`port` has changed: restart the supervisor to apply it" in caplog.messages


def test_a_broken_file_by_signal_is_an_error_in_the_log(house, caplog):
    house.config = ConfigError("config.yaml:3: unknown key")
    house.operations.reload_by_signal()
    assert caplog.messages == ["the configuration was not reloaded: config.yaml:3: unknown key"]
