import pytest

from framework.errors import PortRefusedError
from framework.port.calls import DEFAULT, LAST_WORD, Call, encode, path


@pytest.mark.parametrize(
    ("method", "where"),
    [
        ("GET", "/organization"),
        ("PATCH", "/integration/a/resync-state"),
        ("PUT", "/blueprints/a"),
        ("DELETE", "/blueprints/a/entities/b"),
        ("POST", "/auth/access_token"),
        ("POST", "/blueprints/a/entities/bulk"),
        ("POST", "/blueprints/a/bulk/entities/delete"),
        ("POST", "/blueprints/entities/datasource-entities"),
        ("POST", "/entities/search"),
    ],
)
def test_what_does_the_same_twice_may_be_repeated(method, where):
    assert Call(method, where).repeatable


@pytest.mark.parametrize("where", ["/blueprints", "/integration", "/blueprints/a/entities"])
def test_creating_something_is_not_repeated(where):
    assert not Call("POST", where).repeatable


def test_the_parts_of_a_path_keep_their_slashes_to_themselves():
    assert path("blueprints", "a/b", "entities", "x y?é%") == (
        "/blueprints/a%2Fb/entities/x%20y%3F%C3%A9%25"
    )


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_no_name_leads_to_another_resource(name):
    with pytest.raises(PortRefusedError, match="cannot be an identifier"):
        path("blueprints", "b", "entities", name)


def test_bytes_are_a_body_already():
    assert encode(b"{}") == b"{}"
    assert encode({"a": 1}) == b'{"a":1}'
    assert encode(None) is None


def test_a_late_try_gets_what_is_left_but_a_fair_chance():
    assert DEFAULT.timeouts(20).read == 10
    assert DEFAULT.timeouts(4).read == 4
    assert DEFAULT.timeouts(0.01).read == 1
    assert LAST_WORD.timeouts(2).connect == 2
