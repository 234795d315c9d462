import datetime as dt
import time
from email.utils import format_datetime

import pytest

from framework.errors import AuthError, PortRefusedError, PortUnavailableError
from framework.masking import Masks
from framework.port import answers
from framework.port.answers import Answer, PassingError
from framework.port.calls import Call

CALL = Call("GET", "/organization")
CREATE = Call("POST", "/blueprints")


def error(status, body=b"", *, call=CALL, masks=Masks(), **headers):  # noqa: B008 - empty
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return answers.error(call, Answer(status, lower, body), masks.hide_all)


def test_an_error_names_the_call_the_status_what_port_said_and_the_trace():
    problem = error(
        422, b'{"ok":false,"error":"invalid_request","message":"no\\ntitle"}', x_trace_id="t-1"
    )

    assert isinstance(problem, PortRefusedError)
    assert problem.status == 422
    assert str(problem) == (
        "Port answered GET /organization with 422 (invalid_request: no title), trace id t-1; "
        "correct what Port names in the mapping or the blueprint"
    )


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (302, "port.baseUrl"),
        (401, "clientSecret"),
        (403, "right"),
        (404, "identifier"),
        (413, "1 MiB"),
        (418, "correct"),
        (429, "rate"),
        (500, "trace id"),
    ],
)
def test_an_error_says_what_to_do_next(status, hint):
    assert hint in str(error(status))


@pytest.mark.parametrize(
    "body", [b"<html>Bad\n Gateway</html>", b"\xff\xfe", b"[" * 100_000, b"[]", b'"x"', b""]
)
def test_an_answer_that_is_not_json_is_an_error_like_any_other(body):
    problem = error(502, body)

    assert isinstance(problem, PassingError)
    assert len(str(problem)) < 800


def test_an_error_that_is_an_object_is_shown_as_it_is():
    assert '{"code":"stale"}' in str(error(409, b'{"error":{"code":"stale"}}'))


def test_secrets_that_port_echoes_are_cut_out():
    body = b'{"message":"' + b"x" * 490 + b' hush-hush"}'

    masks = Masks()
    masks.learn_shared("port", ["hush-hush", ""])
    assert "hush" not in str(error(422, body, masks=masks))


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520])
def test_trouble_passes_for_calls_that_may_be_repeated_alone(status):
    assert isinstance(error(status), PassingError)
    assert type(error(status, call=CREATE)) is PortUnavailableError


def test_too_many_calls_passes_for_every_call():
    assert isinstance(error(429, call=CREATE), PassingError)


def test_a_401_is_about_the_credentials():
    assert isinstance(error(401), AuthError)


def test_retry_after_may_be_seconds_or_a_date():
    now = dt.datetime.now(dt.UTC)
    date = format_datetime(now + dt.timedelta(seconds=30), usegmt=True)

    assert error(503, retry_after="7").retry_after == 7
    assert error(503, retry_after=date).retry_after == pytest.approx(30, abs=2)
    assert error(503, retry_after="soon").retry_after is None
    assert error(503, retry_after="nan").retry_after is None
    assert error(503).retry_after is None


def test_no_wait_is_longer_than_two_minutes_or_shorter_than_none():
    assert error(429, retry_after="86400").retry_after == 120
    assert error(429, retry_after="-5").retry_after == 0


def test_the_rate_limits_reset_counts_on_a_429_alone():
    soon = str(time.time() + 9)

    assert error(429, x_ratelimit_reset=soon).retry_after == pytest.approx(9, abs=1)
    assert error(429, x_ratelimit_reset="4").retry_after == 4
    assert error(500, x_ratelimit_reset="4").retry_after is None


@pytest.mark.parametrize("body", [b"<html>", b'{"a":1}', b"", b"[" * 100_000])
def test_a_2xx_that_is_not_what_port_documents_is_ports_trouble(body):
    with pytest.raises(PortUnavailableError, match=r"GET /x.*port\.baseUrl"):
        answers.decode(body, list[int], "GET /x")
