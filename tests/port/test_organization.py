import pytest

from framework.errors import PortUnavailableError
from framework.port import organization


def test_the_organisation_has_an_id_and_flags(port, client, kit):
    port.script = [
        kit.Reply(body={"ok": True, "organization": {"id": "org_1", "featureFlags": ["A"], "x": 1}})
    ]

    found = organization.get(client)

    assert (found.id, found.feature_flags) == ("org_1", ["A"])
    assert port.asked[0].path == "/v1/organization"


def test_flags_may_be_absent(port, client, kit):
    port.script = [kit.Reply(body={"organization": {"id": "org_1"}})]

    assert organization.get(client).feature_flags == []


def test_an_answer_that_is_not_json_is_a_clear_error(port, client, kit):
    port.script = [kit.Reply(body=b"<html>hello</html>")]

    with pytest.raises(PortUnavailableError, match="GET /organization"):
        organization.get(client)
