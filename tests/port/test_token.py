import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from framework.errors import AuthError, PortUnavailableError
from framework.masking import Masks
from framework.port.answers import PassingError
from framework.port.calls import Timeouts
from framework.port.token import Tokens

SHORT = Timeouts(0.1, 0.1)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(settings, clock):
    tokens = Tokens(settings, Masks(), clock)
    yield tokens
    tokens.close()


def arrive(tokens, count, ask):
    """Let `count` threads ask and return once all of them stand before the lock or in it."""
    pool = ThreadPoolExecutor(count)
    started = threading.Barrier(count + 1)

    def run():
        started.wait(5)
        return ask()

    asked = [pool.submit(run) for _ in range(count)]
    started.wait(5)
    pool.shutdown(wait=False)
    return asked


def test_the_token_is_asked_for_once_and_kept(port, tokens, kit):
    assert tokens.get() == "Bearer token-1"
    assert tokens.get() == "Bearer token-1"

    assert [asked.body for asked in port.token_requests] == [
        {"clientId": "id-of-the-client", "clientSecret": kit.SECRET}
    ]
    assert "authorization" not in port.token_requests[0].headers


def test_the_next_token_is_asked_for_shortly_before_the_end(port, tokens, clock, kit):
    port.tokens = [kit.token("a", expiresIn=1000), kit.token("b", tokenType="Machine")]
    tokens.get()

    clock.now += 939
    assert tokens.get() == "Bearer a"
    clock.now += 2
    assert tokens.get() == "Machine b"


def test_a_token_that_ends_soon_is_kept_for_nine_tenths_of_what_is_left(port, tokens, clock, kit):
    port.tokens = [kit.token("a", expiresIn=10)]
    tokens.get()

    clock.now += 8
    tokens.get()
    assert len(port.token_requests) == 1
    clock.now += 2
    tokens.get()
    assert len(port.token_requests) == 2


def test_a_refused_token_is_replaced_once_for_all_who_hold_it(port, tokens, kit):
    port.tokens = [kit.token("a"), kit.token("b"), kit.token("c")]
    stale = tokens.get()

    assert [tokens.refresh(stale) for _ in range(3)] == ["Bearer b"] * 3
    assert len(port.token_requests) == 2


def test_a_token_port_gives_again_is_not_asked_for_again_and_again(port, tokens, clock, kit):
    stale = tokens.get()
    for _ in range(5):
        assert tokens.refresh(stale) == stale
    assert len(port.token_requests) == 2

    port.tokens = [kit.token("b"), kit.token("c")]
    clock.now += 31
    assert tokens.refresh(stale) == "Bearer b"
    assert tokens.refresh("Bearer b") == "Bearer c"


def test_threads_that_come_during_a_request_share_its_token(port, tokens, kit):
    gate = threading.Event()
    port.tokens = [kit.Reply(body=kit.token("a").body, gate=gate), kit.token("b")]

    asked = arrive(tokens, 8, tokens.get)
    gate.set()

    assert {future.result(5) for future in asked} == {"Bearer a"}
    assert len(port.token_requests) == 1


class Seen:
    """A lock that tells when `count` threads have asked for it."""

    def __init__(self, lock, count):
        self._lock = lock
        self._barrier = threading.Barrier(count)

    def acquire(self, *, timeout):
        self._barrier.wait(5)
        return self._lock.acquire(timeout=timeout)

    def release(self):
        self._lock.release()


def test_threads_that_come_during_a_request_share_its_failure(port, tokens, kit):
    port.tokens = [kit.Reply(503), kit.token()]
    tokens._lock = Seen(tokens._lock, 4)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(tokens.get) for _ in range(4)]

    failures = [future.exception() for future in asked]
    assert [type(failure) for failure in failures] == [PassingError] * 4
    assert len({id(failure) for failure in failures}) == 4
    assert len(port.token_requests) == 1


def test_who_comes_after_a_failure_asks_again(port, tokens, kit):
    port.tokens = [kit.Reply(503), kit.token()]

    with pytest.raises(PassingError):
        tokens.get()
    assert tokens.get() == "Bearer token-1"


def test_nobody_waits_for_ever_for_another_threads_request(port, tokens):
    with tokens._lock, pytest.raises(PassingError, match="another thread"):
        tokens.get(SHORT)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_refused_credentials_are_an_auth_error(port, tokens, kit, status):
    port.tokens = [kit.Reply(status, {"error": "nope"}, {"X-Trace-Id": "t-5"})]

    with pytest.raises(AuthError, match=r"nope.*t-5.*port\.clientSecret"):
        tokens.get()


@pytest.mark.parametrize("reply", [{"drop": True}, {"status": 500}, {"status": 429}])
def test_trouble_with_the_token_passes(port, tokens, kit, reply):
    port.tokens = [kit.Reply(**reply)]

    with pytest.raises(PassingError):
        tokens.get()


@pytest.mark.parametrize(
    "body", [b"<html>", {"ok": True}, {"accessToken": "a b"}, {"accessToken": "hush\n"}]
)
def test_an_answer_without_a_usable_token_is_ports_trouble(port, tokens, kit, body):
    port.tokens = [kit.Reply(200, body)]

    with pytest.raises(PortUnavailableError) as caught:
        tokens.get()
    assert "hush" not in str(caught.value)


def test_neither_secret_nor_token_is_logged_or_told(port, tokens, kit, caplog):
    port.tokens = [kit.token("hush"), kit.Reply(401, {"message": f"bad {kit.SECRET}"})]
    with caplog.at_level(logging.DEBUG):
        stale = tokens.get()
        with pytest.raises(AuthError) as caught:
            tokens.refresh(stale)

    assert kit.SECRET not in caplog.text + str(caught.value)
    assert "hush" not in caplog.text
