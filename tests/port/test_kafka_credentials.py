import pytest

from framework.errors import AuthError
from framework.port import kafka_credentials


def test_credentials_are_read_and_the_password_is_not_shown(port, client, kit):
    body = {"credentials": {"brokers": ["b:1"], "username": "u", "password": "hush"}}
    port.script = [kit.Reply(body=body)]

    found = kafka_credentials.get(client)

    assert (found.brokers, found.username, found.password) == (["b:1"], "u", "hush")
    assert "hush" not in repr(found)


def test_the_password_is_hidden_in_every_text_from_then_on(port, client, tokens, kit):
    body = {"credentials": {"username": "u", "password": "hush-hush"}}
    port.script = [kit.Reply(body=body)]

    kafka_credentials.get(client)

    masks = tokens.masks
    assert masks.hide("jira", "no hush-hush") == masks.hide_all("no hush-hush") == "no ***"


def test_brokers_may_be_absent(port, client, kit):
    port.script = [kit.Reply(body={"credentials": {"username": "u", "password": "p"}})]

    assert kafka_credentials.get(client).brokers == []


@pytest.mark.parametrize("body", [{"ok": True}, {"credentials": None}])
def test_an_organisation_without_topics_is_told_whom_to_ask(port, client, kit, body):
    port.script = [kit.Reply(body=body)]

    with pytest.raises(AuthError, match="support"):
        kafka_credentials.get(client)
