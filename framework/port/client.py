"""Call Port: with the shared token, again where that may help, never without an end."""

import random
import threading
import time
from collections.abc import Mapping

from framework.errors import ConfigError, PortUnavailableError, StoppedError
from framework.port import answers
from framework.port.answers import Answer, PassingError
from framework.port.calls import DEFAULT, Call, Limits, Patience, encode
from framework.port.settings import Port
from framework.port.token import Tokens
from framework.port.transport import Transport

FIRST_DELAY = 0.5  # seconds, doubled with each try
JITTER = 0.25  # share of a delay; a hundred threads refused together do not come back together
UNAUTHORIZED = 401


class Client:
    """One thread's way to Port; `user_agent` says whose entities it writes."""

    def __init__(self, settings: Port, tokens: Tokens, stop: threading.Event, user_agent: str):
        self._tokens = tokens
        self._stop = stop
        self._secrets = (settings.client_secret,)
        self._transport = Transport(settings, user_agent)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str] | None = None,
        patience: Patience = DEFAULT,
    ) -> bytes:
        """Return the body of Port's 2xx answer; a `body` of bytes is sent as it is.

        Raises PortRefusedError (4xx), AuthError (401, twice), PortUnavailableError (no answer, or
        429 and 5xx until the tries ran out) and StoppedError when a stop comes during a wait.
        """
        call = Call(method, path, params, encode(body))
        deadline = time.monotonic() + patience.seconds
        tried = 0
        while True:
            tried += 1
            try:
                return self._try(call, patience.limits(deadline - time.monotonic()))
            except PassingError as problem:
                asked = problem.retry_after or 0.0
                delay = max(asked, _delay(tried))
                deadline += asked
                if tried >= patience.tries or time.monotonic() + delay > deadline:
                    raise PortUnavailableError(
                        f"{problem} (tried {tried} times)", problem.retry_after
                    ) from problem
            if self._stop.wait(delay):
                raise StoppedError(f"stopped before {call} was tried again")

    def check_stop(self) -> None:
        """Raise StoppedError once a stop was asked for; for loops of many calls."""
        if self._stop.is_set():
            raise StoppedError("stopped between two calls to Port")

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    def _try(self, call: Call, limits: Limits) -> bytes:
        header = self._tokens.get(limits)
        answer = self._transport.send(call, header, limits)
        if answer.status == UNAUTHORIZED:
            header = self._tokens.refresh(header, limits)
            answer = self._transport.send(call, header, limits)
        return self._body(call, answer, header)

    def _body(self, call: Call, answer: Answer, header: str) -> bytes:
        if answer.ok:
            return answer.body
        token = header.partition(" ")[2]
        raise answers.error(call, answer, (*self._secrets, token))


def user_agent(type_: str, version: str, identifier: str) -> str:
    """Return the User-Agent by which Port knows whose entities they are.

    Raises ConfigError for what would make one integration own another's: Port compares beginnings
    and ends of this text (Ocean's format).
    """
    for part in (type_, version, identifier):
        if not part or "/" in part or not (part.isascii() and part.isprintable()):
            raise ConfigError(
                f"integration {identifier!r}: {part!r} cannot name its entities in Port; "
                "use ASCII letters, digits, '-', '_' and '.'"
            )
    return f"port-ocean/{type_}/{version}/{identifier}/exporter"


def _delay(tried: int) -> float:
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads tries, guards nothing
    return FIRST_DELAY * 2.0 ** (tried - 1) * spread
