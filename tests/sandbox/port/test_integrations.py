import pytest

from framework.sandbox.port import integrations
from framework.sandbox.port.calls import Call
from framework.sandbox.settings import RESYNC_REQUESTS_FLAG, Sandbox

CHANGES = "org_sandbox.change.log"
REQUESTS = "org_sandbox.integration.resync.requests"
MAPPING = {"resources": [{"kind": "topic"}]}
PATH = "/v1/integration/my_kafka"
RUNNING = {"status": "running", "lastResyncStart": "2026-11-24T12:00:00+00:00"}


@pytest.fixture
def registered(port):
    body = {"installationId": "my_kafka", "installationAppType": "kafka", "version": "1"}
    assert port.call("POST", "/v1/integration", body).status_code == 201
    return port


def topics(port):
    return [message.topic for message in port.messages]


def test_a_registered_integration_is_what_clients_read(registered):
    integration = registered.call("GET", PATH).json()["integration"]
    assert integration["identifier"] == integration["installationId"] == "my_kafka"
    assert integration["installationAppType"] == integration["integrationType"] == "kafka"
    assert integration["createdAt"] == integration["updatedAt"]
    assert (integration["config"], integration["resyncState"]) == ({}, {})
    assert registered.call("GET", "/v1/integration").json()["integrations"] == [integration]
    assert registered.messages == []


def test_an_unknown_integration_is_a_404_not_found(port):
    for method in ("GET", "PATCH", "DELETE"):
        answer = port.call(method, PATH)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("name", ["", 7, None, "x" * 201])
def test_an_integration_needs_an_identifier(port, name):
    assert port.call("POST", "/v1/integration", {"installationId": name}).status_code == 422


def test_registering_twice_is_refused(registered):
    answer = registered.call("POST", "/v1/integration", {"installationId": "my_kafka"})
    assert answer.status_code == 409


def test_a_changed_mapping_is_told_on_both_topics(registered):
    answer = registered.call("PATCH", PATH + "/config", {"config": MAPPING})
    assert answer.json()["integration"]["config"] == MAPPING
    change, request = registered.messages
    assert (change.topic, change.value["action"]) == (CHANGES, "UPDATE")
    assert change.value["diff"]["before"]["config"] == {}
    assert change.value["diff"]["after"] == answer.json()["integration"]
    assert change.value["changelogDestination"] == {"type": "KAFKA"}
    assert (request.topic, request.value["context"]["integrationId"]) == (REQUESTS, "my_kafka")
    assert request.value["requestId"]


def test_the_same_mapping_asks_for_no_resync(registered):
    registered.call("PATCH", PATH, {"config": MAPPING})
    registered.messages.clear()
    registered.call("PATCH", PATH, {"config": MAPPING, "unknown": 1})
    assert topics(registered) == [CHANGES]


@pytest.mark.parametrize("options", [{"body": {}}, {}])
def test_an_empty_patch_asks_for_a_resync_and_changes_nothing(registered, options):
    before = registered.call("GET", PATH).json()
    assert registered.call("PATCH", PATH, **options).json() == before
    assert topics(registered) == [CHANGES, REQUESTS]
    assert registered.messages[0].value["action"] == "RESYNC"
    assert registered.messages[0].value["context"] == {"integrationId": "my_kafka"}


def test_without_the_flag_only_the_change_log_is_told(make_local):
    local = make_local(Sandbox(feature_flags=[]))
    names = {"identifier": "a"}
    integrations.create(local, Call(body={"installationId": "a"}))
    changed = integrations.update_config(local, Call(names=names, body={"config": MAPPING}))
    asked = integrations.update(local, Call(names=names))
    assert [message.topic for message in changed.messages + asked.messages] == [CHANGES, CHANGES]
    assert RESYNC_REQUESTS_FLAG in Sandbox().feature_flags


@pytest.mark.parametrize("path", ["", "/config"])
def test_a_resync_can_be_skipped(registered, path):
    skip = {"x-skip-resync": "true"}
    registered.call("PATCH", PATH + path, {"config": MAPPING}, headers=skip)
    registered.call("PATCH", PATH, {}, headers=skip)
    assert registered.call("GET", PATH).json()["integration"]["config"] == MAPPING
    assert registered.messages == []


def test_a_state_is_updated_at_the_same_time_as_its_integration(registered):
    answer = registered.call("PATCH", PATH + "/resync-state", RUNNING).json()["integration"]
    assert answer["resyncState"] == {**RUNNING, "updatedAt": answer["updatedAt"]}
    ended = {"status": "completed", "lastResyncEnd": "2026-11-24T12:00:01+00:00"}
    state = registered.call("PATCH", PATH + "/resync-state", ended).json()["integration"]
    assert state["resyncState"]["lastResyncStart"] == RUNNING["lastResyncStart"]
    assert topics(registered) == [CHANGES, CHANGES]
    after = registered.messages[-1].value["diff"]["after"]
    assert after["updatedAt"] == after["resyncState"]["updatedAt"]


def test_a_mapping_changed_right_after_a_state_is_told_apart_from_it(registered):
    registered.call("PATCH", PATH + "/resync-state", RUNNING)
    registered.call("PATCH", PATH + "/config", {"config": MAPPING})
    after = registered.messages[-2].value["diff"]["after"]
    assert after["updatedAt"] > after["resyncState"]["updatedAt"]


@pytest.mark.parametrize("body", [{}, {"status": "tired"}, {"status": "failed", "more": 1}])
def test_a_state_that_port_does_not_know_is_refused(registered, body):
    assert registered.call("PATCH", PATH + "/resync-state", body).status_code == 422


@pytest.mark.parametrize("body", [{}, {"config": []}, {"config": {}, "title": "x"}])
def test_the_config_route_takes_a_mapping_and_nothing_else(registered, body):
    assert registered.call("PATCH", PATH + "/config", body).status_code == 422


def test_a_deleted_integration_is_gone(registered):
    assert registered.call("DELETE", PATH).json() == {"ok": True}
    assert registered.call("GET", PATH).status_code == 404
