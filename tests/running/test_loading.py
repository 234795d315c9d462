"""The configuration with what the sandbox answers in its places."""

import pytest

from framework.environments import Wanted
from framework.environments.settings import Installation
from framework.running import loading
from framework.sandbox.address import Address

ADDRESS = Address("http://127.0.0.1:1", "127.0.0.1:2", "id", "secret")
LOCAL = """
port:
  baseUrl: sandbox
triggerChannel:
  type: KAFKA
  brokers: {brokers}
"""


@pytest.fixture
def file(tmp_path):
    def file(text):
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return path

    return file


def test_a_configuration_that_asks_for_the_sandbox_gets_its_address(file):
    loaded = loading.load(file(LOCAL.format(brokers="sandbox")), ADDRESS)

    assert (loaded.port.base_url, loaded.port.client_id) == (ADDRESS.url, "id")
    assert loaded.trigger_channel.brokers == ADDRESS.kafka
    assert loaded.trigger_channel.security_protocol == "PLAINTEXT"


def test_another_broker_stays_what_it_is(file):
    loaded = loading.load(file(LOCAL.format(brokers="mine:9092")), ADDRESS)
    assert loaded.trigger_channel.brokers == "mine:9092"


def test_before_the_sandbox_runs_the_file_is_read_as_it_is(file):
    path = file(LOCAL.format(brokers="sandbox"))
    assert loading.load(path, None).port.base_url == "sandbox"
    assert loading.sandbox(path) is not None


def test_each_integration_is_shown_with_its_folder_and_what_it_is_built_from(file, tmp_path):
    folder = tmp_path / "integrations" / "pets"
    folder.mkdir(parents=True)
    (folder / "main.py").touch()
    item = "integrations: [{identifier: cats, type: pets, offline: true}]\n"
    path = file(f"{LOCAL.format(brokers='sandbox')}integrationsPath: [integrations]\n{item}")

    assert loading.wanted(path, print) == [Wanted("cats", folder, Installation(offline=True))]
    assert loading.check(path, "1", print) == [
        {"identifier": "cats", "type": "pets", "folder": str(folder)}
    ]


def test_a_configuration_for_an_account_asks_for_no_sandbox(file, monkeypatch):
    monkeypatch.setenv("PORT_CLIENT_ID", "id")
    monkeypatch.setenv("PORT_CLIENT_SECRET", "secret")
    path = file("port:\n  baseUrl: https://api.getport.io/v1\n")
    assert loading.sandbox(path) is None
    assert loading.load(path, ADDRESS).port.base_url == "https://api.getport.io/v1"
