import pytest

from framework.errors import PortRefusedError
from framework.port import blueprints


def test_a_blueprint_is_read_created_and_changed(port, client, kit):
    port.script = [
        kit.Reply(body={"blueprint": {"identifier": "a b"}}),
        kit.Reply(201),
        kit.Reply(),
    ]

    assert blueprints.get(client, "a b") == {"identifier": "a b"}
    blueprints.create(client, {"identifier": "c"})
    blueprints.update(client, "c/d", {"relations": {}})

    assert [(asked.method, asked.path, asked.body) for asked in port.asked] == [
        ("GET", "/v1/blueprints/a%20b", None),
        ("POST", "/v1/blueprints", {"identifier": "c"}),
        ("PATCH", "/v1/blueprints/c%2Fd", {"relations": {}}),
    ]


def test_a_404_alone_means_that_there_is_none(port, client, kit):
    port.script = [kit.Reply(404), kit.Reply(403), kit.Reply(body={"blueprint": {}})]

    assert not blueprints.exists(client, "a")
    with pytest.raises(PortRefusedError):
        blueprints.exists(client, "a")
    assert blueprints.exists(client, "a")
