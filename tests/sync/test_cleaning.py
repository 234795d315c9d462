"""Deletions: what others depend on goes after them, and what stays is said."""

import pytest

from framework.errors import PortRefusedError, PortUnavailableError
from framework.port.entities import Options
from framework.sync.cleaning import Cleaning
from tests.fakes.syncing import FakeClient

OPTIONS = Options(delete_dependents=False)


class Catalog:
    """Entities of which some must go before others may."""

    def __init__(self, *names, before=None):
        self.names = set(names)
        self.before = before or {}

    def __call__(self, asked):
        names = asked.body["entities"] if asked.body else [asked.path.rpartition("/")[2]]
        for name in names:
            if self.before.get(name, set()) & self.names:
                return PortRefusedError(f"{name} has dependents", 422)
        self.names -= set(names)
        return {"ok": True}


@pytest.fixture
def client():
    return FakeClient()


def test_nothing_stale_needs_no_call(client):
    assert Cleaning(client, OPTIONS).delete({}) == []
    assert client.asked == []


def test_all_of_a_blueprint_go_in_one_call_and_are_counted(client):
    client.answer = catalog = Catalog("a", "b", "c")
    cleaning = Cleaning(client, OPTIONS)

    assert cleaning.delete({"issue": ["a", "b"], "user": ["c"]}) == []
    assert catalog.names == set()
    assert cleaning.deleted == {"issue": 2, "user": 1}
    assert [asked.path for asked in client.asked] == [
        "/blueprints/issue/bulk/entities/delete",
        "/blueprints/user/entities/c",
    ]


def test_what_others_depend_on_is_tried_again_once_they_are_gone(client):
    client.answer = catalog = Catalog(
        "root", "tree", "leaf", before={"root": {"tree"}, "tree": {"leaf"}}
    )
    cleaning = Cleaning(client, OPTIONS)

    assert cleaning.delete({"a": ["root"], "b": ["tree"], "c": ["leaf"]}) == []
    assert catalog.names == set()
    assert cleaning.deleted == {"a": 1, "b": 1, "c": 1}


def test_what_is_refused_for_good_stays_and_is_named_with_the_reason(client):
    client.answer = catalog = Catalog("a", "b", "x", before={"b": {"x"}})
    cleaning = Cleaning(client, OPTIONS)

    reasons = cleaning.delete({"issue": ["a", "b"]})

    assert reasons == ["stale entity 'b' of 'issue' stays: b has dependents"]
    assert catalog.names == {"b", "x"}
    assert cleaning.deleted == {"issue": 1}


def test_a_port_that_is_down_ends_it(client):
    client.answer = lambda _: PortUnavailableError("down")

    with pytest.raises(PortUnavailableError, match="down"):
        Cleaning(client, OPTIONS).delete({"issue": ["a"]})
