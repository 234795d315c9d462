from urllib.parse import unquote

import pytest

from framework.errors import PortUnavailableError, StoppedError
from framework.port import deletions
from framework.port.entity import Options


class Catalog:
    """Deletes as Port does; a call that holds a `needed` one is refused as a whole."""

    def __init__(self, kit, needed=(), gone=(), status=422):
        self.kit = kit
        self.refusing = dict.fromkeys(needed, status) | dict.fromkeys(gone, 404)
        self.deleted = []

    def __call__(self, asked):
        single = asked.method == "DELETE"
        names = [unquote(asked.path.split("/")[-1])] if single else asked.body["entities"]
        refused = [self.refusing[name] for name in names if name in self.refusing]
        if refused:
            return self.kit.Reply(refused[0], {"error": "has_dependents"})
        self.deleted += names
        return self.kit.Reply(200, {"ok": True, "deletedEntities": names})


def names(count):
    return [f"e{number}" for number in range(count)]


def test_entities_are_deleted_a_hundred_at_a_time(port, client, kit):
    catalog = port.answer = Catalog(kit)

    assert deletions.delete(client, "a/b", names(250), Options()) == []

    assert [len(asked.body["entities"]) for asked in port.asked] == [100, 100, 50]
    assert port.asked[0].path == "/v1/blueprints/a%2Fb/bulk/entities/delete"
    assert port.asked[0].query == "delete_dependents=true"
    assert catalog.deleted == names(250)


def test_nothing_to_delete_is_no_call(port, client):
    assert deletions.delete(client, "b", [], Options()) == []
    assert port.asked == []


def test_one_entity_is_deleted_by_its_quoted_name(port, client, kit):
    catalog = port.answer = Catalog(kit)

    assert deletions.delete(client, "b", ["x/y z"], Options(delete_dependents=False)) == []

    assert (port.asked[0].method, port.asked[0].path) == (
        "DELETE",
        "/v1/blueprints/b/entities/x%2Fy%20z",
    )
    assert port.asked[0].query == "delete_dependents=false"
    assert catalog.deleted == ["x/y z"]


@pytest.mark.parametrize("status", [400, 409, 422])
def test_one_that_is_needed_keeps_no_other_alive(port, client, kit, status):
    catalog = port.answer = Catalog(kit, needed=["e7"], status=status)

    (error,) = deletions.delete(client, "b", names(100), Options())

    assert (error.identifier, error.blueprint, error.status) == ("e7", "b", status)
    assert "has_dependents" in error.message
    assert sorted(catalog.deleted) == sorted(set(names(100)) - {"e7"})


def test_one_that_is_gone_already_is_fine(port, client, kit):
    catalog = port.answer = Catalog(kit, gone=["e1"])

    assert deletions.delete(client, "b", names(3), Options()) == []
    assert catalog.deleted == ["e0", "e2"]


def test_a_missing_right_is_not_asked_for_one_by_one(port, client, kit):
    port.answer = lambda _: kit.Reply(403)

    errors = deletions.delete(client, "b", names(50), Options())

    assert len(errors) == 50
    assert len(port.asked) == 1


def test_no_name_deletes_the_blueprint(port, client):
    (error,) = deletions.delete(client, "b", [".."], Options())

    assert error.status == 422
    assert port.asked == []


def test_port_in_trouble_is_raised(port, client, kit):
    port.answer = lambda _: kit.Reply(500)

    with pytest.raises(PortUnavailableError):
        deletions.delete(client, "b", names(2), Options())


def test_a_stop_ends_it_between_two_calls(port, client, stop):
    stop.set()

    with pytest.raises(StoppedError):
        deletions.delete(client, "b", names(2), Options())
