import pytest

from framework.errors import PortUnavailableError, StoppedError
from framework.port import owned
from framework.port.owned import Owned

OWNER = ("kafka", "my-kafka")


def page(*names, **more):
    rows = [{"identifier": name, "blueprint": "b", "x": 1} for name in names]
    return {"ok": True, "entities": rows} | more


def test_the_listing_asks_for_what_any_version_of_the_integration_wrote(port, client, kit):
    port.script = [kit.Reply(body=page("a"))]

    assert owned.listing(client, *OWNER) == [Owned("a", "b")]
    assert port.asked[0].path == "/v1/blueprints/entities/datasource-entities"
    assert port.asked[0].body == {
        "datasource_prefix": "port-ocean/kafka/",
        "datasource_suffix": "/my-kafka/exporter",
        "limit": 5000,
    }


def test_the_listing_follows_the_pages_to_the_last(port, client, kit):
    port.script = [
        kit.Reply(body=page("a", "b", next="n1")),
        kit.Reply(503),
        kit.Reply(body=page(next="n2")),
        kit.Reply(body=page("b", "c", next=None)),
    ]

    found = owned.listing(client, *OWNER)

    assert [each.identifier for each in found] == ["a", "b", "b", "c"]
    assert [asked.body.get("from") for asked in port.asked] == [None, "n1", "n1", "n2"]


def test_pages_that_go_in_a_circle_are_an_error(port, client, kit):
    port.script = [kit.Reply(body=page("a", next=name)) for name in ("n1", "n2", "n1")]

    with pytest.raises(PortUnavailableError, match="'n1' came twice"):
        owned.listing(client, *OWNER)


def test_a_part_of_the_list_is_never_returned(port, client, kit):
    port.script = [kit.Reply(body=page("a", next="n1")), *[kit.Reply(500)] * 5]

    with pytest.raises(PortUnavailableError):
        owned.listing(client, *OWNER)


def test_an_answer_without_entities_is_an_error(port, client, kit):
    port.script = [kit.Reply(body={"ok": True})]

    with pytest.raises(PortUnavailableError, match="entities"):
        owned.listing(client, *OWNER)


def test_a_stop_ends_the_listing_between_two_pages(port, client, stop, kit):
    stop.set()
    port.script = [kit.Reply(body=page("a", next="n1"))]

    with pytest.raises(StoppedError):
        owned.listing(client, *OWNER)
