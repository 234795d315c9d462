import pytest

from framework.errors import PortRefusedError, PortUnavailableError
from framework.port import integrations
from framework.port.calls import LAST_WORD
from framework.port.integrations import ResyncState


def test_the_mapping_stays_the_text_that_port_sent(port, client, kit):
    body = b'{"ok":true,"integration":{"installationId":"a/b","config":{"b": 1,"a":2},"x":[]}}'
    port.script = [kit.Reply(body=body)]

    found = integrations.get(client, "a/b")

    assert bytes(found.config) == b'{"b": 1,"a":2}'
    assert (found.version, found.changelog_destination) == (None, None)
    assert port.asked[0].path == "/v1/integration/a%2Fb"


def test_an_unknown_integration_is_refused_with_404(port, client, kit):
    port.script = [kit.Reply(404, {"ok": False, "error": "not_found"})]

    with pytest.raises(PortRefusedError) as caught:
        integrations.get(client, "a")
    assert caught.value.status == 404


def test_an_integration_introduces_itself_with_its_mapping(port, client):
    integrations.create(client, "my-kafka", "kafka", "0.1.0", {"resources": []})

    assert port.asked[0].path == "/v1/integration"
    assert port.asked[0].body == {
        "installationId": "my-kafka",
        "installationAppType": "kafka",
        "version": "0.1.0",
        "title": "my-kafka",
        "changelogDestination": {"type": "KAFKA"},
        "config": {"resources": []},
        "actionsProcessingEnabled": False,
        "createPortResourcesOrigin": "Ocean",
    }


def test_a_resync_that_runs_has_a_start_and_no_end(port, client):
    integrations.set_resync_state(client, "a", ResyncState.running("2026-01-01T00:00:00+00:00"))

    assert (port.asked[0].method, port.asked[0].path) == (
        "PATCH",
        "/v1/integration/a/resync-state",
    )
    assert port.asked[0].body == {
        "status": "running",
        "lastResyncStart": "2026-01-01T00:00:00+00:00",
        "lastResyncEnd": None,
        "nextResync": None,
        "intervalInMinuets": None,
    }


@pytest.mark.parametrize("status", ["completed", "failed", "aborted"])
def test_a_resync_that_ended_leaves_its_start_alone(port, client, status):
    integrations.set_resync_state(client, "a", ResyncState.ended(status, "T"))

    assert port.asked[0].body == {
        "status": status,
        "lastResyncEnd": "T",
        "nextResync": None,
        "intervalInMinuets": None,
    }


def test_aborted_is_said_once_even_when_stopped(port, client, stop, kit):
    stop.set()
    port.answer = lambda _: kit.Reply(500)

    with pytest.raises(PortUnavailableError):
        integrations.set_resync_state(client, "a", ResyncState.ended("aborted", "T"), LAST_WORD)
    assert len(port.asked) == 1
