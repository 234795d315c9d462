"""Registration: once in a run, one integration at a time."""

from types import SimpleNamespace

import pytest

from framework.errors import ConfigError, StoppedError
from framework.port.resources import Resources
from framework.slots import Slots
from framework.sync.registration import Registration
from tests.fakes.syncing import ME, FakeClient

RESOURCES = Resources("type", "1", ME, [], {})


class Stop:
    """A stop flag that is set once it was looked at so often."""

    def __init__(self, looks=1000):
        self.looks = looks

    def is_set(self):
        self.looks -= 1
        return self.looks < 0


@pytest.fixture
def client():
    client = FakeClient()
    client.answer = lambda _: {"integration": {"installationId": ME}}
    return client


@pytest.fixture
def registration(client):
    def make(load=lambda: RESOURCES, slots=None, stop=None):
        return Registration(client, load, SimpleNamespace(), slots or Slots(1), stop or Stop())

    return make


def test_it_is_done_once_and_again_when_port_forgot(registration, client):
    one = registration()
    one.ensure()
    calls = len(client.asked)
    one.ensure()
    assert len(client.asked) == calls

    one.forget()
    one.ensure()

    assert len(client.asked) == 2 * calls


def test_what_an_integration_brings_along_is_read_at_each_try(registration, client):
    tries = [ConfigError("blueprints.json: not JSON"), RESOURCES]

    def load():
        if isinstance(found := tries.pop(0), Exception):
            raise found
        return found

    one = registration(load)
    with pytest.raises(ConfigError, match="not JSON"):
        one.ensure()
    assert client.asked == []

    one.ensure()
    assert client.asked != []


def test_another_registration_is_waited_for_until_a_stop(registration, client):
    slots = Slots(1)
    with slots.taken(Stop()), pytest.raises(StoppedError):
        registration(slots=slots, stop=Stop(looks=1)).ensure()
    assert client.asked == []

    registration(slots=slots).ensure()
    assert client.asked != []
