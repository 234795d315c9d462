import logging
import threading
import time

import pytest

from framework.errors import (
    AuthError,
    ConfigError,
    PortRefusedError,
    PortUnavailableError,
    StoppedError,
)
from framework.masking import Masks
from framework.port.calls import LAST_WORD, ONE_TRY, Patience
from framework.port.client import Client, user_agent
from framework.port.token import Tokens


def test_a_call_carries_token_user_agent_query_and_body(port, client):
    assert client.call("PATCH", "/x/a%2Fb", body={"a": 1}, params={"q": "true"}) == b'{"ok": true}'

    asked = port.asked[0]
    assert (asked.method, asked.path, asked.query) == ("PATCH", "/v1/x/a%2Fb", "q=true")
    assert asked.headers["authorization"] == "Bearer token-1"
    assert asked.headers["user-agent"] == "port-ocean/kafka/0.1.0/my-kafka/exporter"
    assert asked.headers["content-type"] == "application/json"
    assert asked.body == {"a": 1}


@pytest.mark.parametrize("trouble", [{"status": status} for status in (429, 500, 502, 503, 504)]
                         + [{"drop": True}, {"cut": True}])  # fmt: skip
def test_passing_trouble_is_tried_again(port, client, stop, kit, trouble):
    port.script = [kit.Reply(**trouble), kit.Reply(**trouble), kit.Reply(body={"a": 1})]

    assert client.call("GET", "/x") == b'{"a": 1}'
    assert len(port.asked) == 3
    assert len(stop.waits) == 2


def test_five_tries_with_growing_waits_are_the_end(port, client, stop, kit):
    port.answer = lambda _: kit.Reply(500, {"message": "oh"}, {"X-Trace-Id": "t-7"})

    with pytest.raises(
        PortUnavailableError, match=r"GET /x with 500 \(oh\), trace id t-7.*5 times"
    ):
        client.call("GET", "/x")
    assert len(port.asked) == 5
    assert [round(wait / 0.5 / 2**n) for n, wait in enumerate(stop.waits)] == [1] * 4
    assert sum(stop.waits) < 20


def test_no_try_starts_after_the_callers_patience(port, client, stop, kit):
    port.answer = lambda _: kit.Reply(500)

    with pytest.raises(PortUnavailableError, match="1 times"):
        client.call("GET", "/x", patience=Patience(seconds=0.1))
    assert stop.waits == []


def test_a_silent_port_ends_with_the_patience(port, client, kit):
    port.answer = lambda _: kit.Reply(gate=port.closing)
    started = time.monotonic()

    with pytest.raises(PortUnavailableError, match="no whole answer"):
        client.call("GET", "/x", patience=Patience(tries=2, seconds=3, read=0.1))
    assert time.monotonic() - started < 3
    assert len(port.asked) == 2


def test_what_port_asks_to_wait_extends_the_patience(port, client, stop, kit):
    port.script = [kit.Reply(429, headers={"Retry-After": "60"}), kit.Reply()]

    client.call("GET", "/x", patience=Patience(seconds=5))

    assert stop.waits == [60]


def test_the_rate_limits_reset_is_waited_for(port, client, stop, kit):
    port.script = [kit.Reply(429, headers={"X-Ratelimit-Reset": "33"}), kit.Reply()]

    client.call("POST", "/blueprints")

    assert stop.waits == [33]


def test_an_error_tells_what_port_asked_to_wait(port, client, kit):
    port.answer = lambda _: kit.Reply(503, headers={"Retry-After": "9"})

    with pytest.raises(PortUnavailableError) as caught:
        client.call("GET", "/x", patience=ONE_TRY)
    assert caught.value.retry_after == 9


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 503}, {"drop": True}])
def test_creating_is_not_tried_again(port, client, kit, trouble):
    port.answer = lambda _: kit.Reply(**trouble)

    with pytest.raises(PortUnavailableError):
        client.call("POST", "/blueprints", body={})
    assert len(port.asked) == 1


@pytest.mark.parametrize("status", [302, 400, 403, 404, 409, 413, 422])
def test_a_refusal_is_not_tried_again(port, client, kit, status):
    port.answer = lambda _: kit.Reply(status)

    with pytest.raises(PortRefusedError, match=f"with {status}") as caught:
        client.call("GET", "/x")
    assert caught.value.status == status
    assert len(port.asked) == 1


def test_a_stop_ends_the_wait(port, settings, tokens, kit):
    port.answer = lambda _: kit.Reply(500)
    client = Client(settings, tokens, kit.Stop(after=1), "tests")

    with pytest.raises(StoppedError, match="GET /x"):
        client.call("GET", "/x")
    assert len(port.asked) == 2


def test_a_real_stop_ends_a_real_wait(port, settings, tokens, kit):
    stop = threading.Event()
    port.answer = lambda _: kit.Reply(503, headers={"Retry-After": "100"})
    client = Client(settings, tokens, stop, "tests")
    threading.Timer(0.1, stop.set).start()
    started = time.monotonic()

    with pytest.raises(StoppedError):
        client.call("GET", "/x")
    assert time.monotonic() - started < 10


def test_the_last_word_is_said_though_the_stop_is_set(port, client, stop):
    stop.set()

    assert client.call("PATCH", "/x", body={}, patience=LAST_WORD)
    with pytest.raises(StoppedError):
        client.check_stop()


def test_a_401_gets_a_new_token_once(port, client, kit):
    port.tokens = [kit.token("old"), kit.token("new")]
    port.script = [kit.Reply(401), kit.Reply()]

    client.call("POST", "/blueprints")

    assert [asked.headers["authorization"] for asked in port.asked] == ["Bearer old", "Bearer new"]


def test_a_second_401_is_the_end(port, client, kit):
    port.answer = lambda _: kit.Reply(401, {"message": "no"}, {"X-Trace-Id": "t-3"})

    with pytest.raises(AuthError, match=r"no.*t-3.*port\.clientId"):
        client.call("GET", "/x")
    assert len(port.asked) == 2


def test_trouble_with_the_token_is_tried_again_for_every_call(port, client, stop, kit):
    port.tokens = [kit.Reply(500), kit.Reply(drop=True), kit.token()]

    client.call("POST", "/blueprints")

    assert len(stop.waits) == 2
    assert len(port.asked) == 1


def test_two_clients_share_one_token_request(port, settings, kit):
    tokens = Tokens(settings, Masks())
    clients = [Client(settings, tokens, kit.Stop(), "tests") for _ in range(2)]
    threads = [threading.Thread(target=each.call, args=("GET", "/x")) for each in clients]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert len(port.asked) == 2
    assert len(port.token_requests) == 1


def test_neither_secret_nor_token_is_logged_or_told(port, client, kit, caplog):
    echo = {"message": f"{kit.SECRET} token-1"}
    port.script = [kit.Reply(500, echo), kit.Reply(422, echo)]
    with caplog.at_level(logging.DEBUG), pytest.raises(PortRefusedError) as caught:
        client.call("GET", "/x")

    text = caplog.text + str(caught.value)
    assert kit.SECRET not in text
    assert "token-1" not in text


def test_what_would_claim_anothers_entities_is_no_user_agent():
    assert user_agent("kafka", "1.2", "a b") == "port-ocean/kafka/1.2/a b/exporter"
    for bad in ("a/b", "", "é", "a\nb"):
        with pytest.raises(ConfigError, match="cannot name its entities"):
            user_agent("kafka", "1.2", bad)
