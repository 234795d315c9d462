"""What Port answered, and the error that an operator sees if that is no success."""

import contextlib
import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from framework.errors import AuthError, FrameworkError, PortRefusedError, PortUnavailableError
from framework.masking import Hide
from framework.port.calls import Call

LONGEST_WAIT = 120.0  # seconds; a longer Retry-After is tried again after this
EPOCH_FROM = 10_000  # x-ratelimit-reset above this is a point in time, below it seconds to wait
LONGEST_QUOTE = 500  # characters of what Port said
SERVER_ERROR = 500

HINTS = {
    401: "check port.clientId and port.clientSecret",
    403: "the credentials lack a right for this: give it to them in Port, or, where an IP address "
    "is named, add it to the allow list of the organisation",
    404: "create what is missing in Port, or check the identifier and port.baseUrl",
    409: "it exists already: rename it or remove the other one in Port",
    413: "Port takes 1 MiB a call: map fewer or shorter properties",
    422: "correct what Port names in the mapping or the blueprint",
    429: "Port limits the rate of calls; it goes on when the limit allows",
}
REDIRECT_HINT = "it redirects us: check port.baseUrl"
REFUSED_HINT = "correct what Port names, then resync"
TROUBLE_HINT = "Port has a problem; name the trace id to its support if it lasts"
STRANGE_HINT = "check that port.baseUrl is Port's API and that no proxy answers for it"

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

T = TypeVar("T")


class PassingError(PortUnavailableError):
    """The same call may succeed soon; `retry_after` is what Port asked us to wait."""


class Answer(Struct, frozen=True):
    """The answer to one try; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether Port did what was asked."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def error(call: Call, answer: Answer, hide: Hide) -> FrameworkError:
    """Return what to raise for an answer that is not 2xx, without secrets that Port may echo."""
    status = answer.status
    said = _said(answer.body, hide)
    trace = answer.headers.get("x-trace-id", "")[:100]
    named = f", trace id {trace}" if trace else ""
    text = f"Port answered {call} with {status}{said}{named}; {_hint(status)}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return PassingError(text, _asked_wait(answer))
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= SERVER_ERROR:
        kind = PassingError if call.repeatable else PortUnavailableError
        return kind(text, _asked_wait(answer))
    if status == HTTPStatus.UNAUTHORIZED:
        return AuthError(text)
    return PortRefusedError(text, status)


def decode(body: bytes, into: type[T], call: str) -> T:
    """Read the body of a 2xx; raise PortUnavailableError if it is not what Port documents."""
    try:
        return msgspec.json.decode(body, type=into)
    except UNREADABLE as problem:
        raise PortUnavailableError(
            f"Port answered {call} with something unexpected ({problem}); {STRANGE_HINT}"
        ) from problem


def _said(body: bytes, hide: Hide) -> str:
    """Return Port's own words in brackets, on one line; empty if it said nothing."""
    reply: Any = None
    with contextlib.suppress(*UNREADABLE):
        reply = msgspec.json.decode(body)
    words = [body.decode(errors="replace")]
    if isinstance(reply, dict):
        words = [_word(reply.get("error")), _word(reply.get("message"))]
    text = hide(": ".join(" ".join(word.split()) for word in words if word.strip()))
    return f" ({text[:LONGEST_QUOTE]})" if text else ""


def _word(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def _hint(status: int) -> str:
    if status < HTTPStatus.BAD_REQUEST:
        return REDIRECT_HINT
    if status >= SERVER_ERROR:
        return TROUBLE_HINT
    return HINTS.get(status, REFUSED_HINT)


def _asked_wait(answer: Answer) -> float | None:
    """Return the seconds Port asked us to wait, at most LONGEST_WAIT.

    x-ratelimit-reset is in every answer, but means a wait only in a 429.
    """
    header = answer.headers.get("retry-after", "")
    seconds = _number(header)
    if seconds is None:
        with contextlib.suppress(ValueError, OverflowError):
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
    if seconds is None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = _number(answer.headers.get("x-ratelimit-reset", ""))
        if seconds is not None and seconds > EPOCH_FROM:
            seconds -= time.time()
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
