import base64
import json

import pytest

from framework.sandbox.port import authentication
from framework.sandbox.port.calls import Call
from framework.sandbox.port.refusals import RefusedError

CREDENTIALS = Call(body={"clientId": "me", "clientSecret": "secret"})


class Time:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_asking_again_gives_the_same_token_with_less_time(make_local):
    time = Time()
    local = make_local(seconds=time)
    first = authentication.give_token(local, CREDENTIALS).body
    time.now += 100
    second = authentication.give_token(local, CREDENTIALS).body
    assert second["accessToken"] == first["accessToken"]
    assert (first["expiresIn"], second["expiresIn"]) == (10_800, 10_700)


def test_an_expired_token_is_refused_and_replaced(make_local):
    time = Time()
    local = make_local(seconds=time)
    old = authentication.give_token(local, CREDENTIALS).body["accessToken"]
    time.now += 10_801
    with pytest.raises(RefusedError, match="expired"):
        authentication.check(local, f"Bearer {old}")
    new = authentication.give_token(local, CREDENTIALS).body["accessToken"]
    assert new != old
    authentication.check(local, f"Bearer {new}")


def test_the_token_says_that_it_belongs_to_a_machine(make_local):
    token = authentication.give_token(make_local(), CREDENTIALS).body["accessToken"]
    claims = token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["isMachine"] is True


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer x", "Basic x"])
def test_whatever_is_no_token_is_refused(make_local, header):
    with pytest.raises(RefusedError) as refused:
        authentication.check(make_local(), header)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"clientId": "me", "clientSecret": "wrong"}, 401),
        ({"clientId": "you", "clientSecret": "secret"}, 401),
        ({"clientId": "me", "clientSecret": 7}, 401),
        ({"clientId": "me"}, 422),
        ({"clientId": "me", "clientSecret": "secret", "more": 1}, 422),
        (["me", "secret"], 422),
    ],
)
def test_wrong_credentials_get_no_token(make_local, body, status):
    with pytest.raises(RefusedError) as refused:
        authentication.give_token(make_local(), Call(body=body))
    assert refused.value.status == status
