"""Call Port: with the shared token, retried where that may help, never without an end."""

import random
import threading
import time
from collections.abc import Mapping

from framework import backoff
from framework.errors import ConfigError, PortUnavailableError, StoppedError
from framework.port import answers
from framework.port.answers import PassingError
from framework.port.calls import DEFAULT, Call, Patience, Timeouts, encode
from framework.port.settings import Port
from framework.port.token import Tokens
from framework.port.transport import Transport

FIRST_DELAY = 0.5  # seconds, doubled with each try
LONGEST_DELAY = 10.0  # seconds
UNAUTHORIZED = 401


class Client:
    """The client of one thread; `user_agent` says whose entities it writes."""

    def __init__(self, settings: Port, tokens: Tokens, stop: threading.Event, user_agent: str):
        self._tokens = tokens
        self._stop = stop
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
                return self._try(call, patience.timeouts(deadline - time.monotonic()))
            except PassingError as problem:
                asked = problem.retry_after or 0.0
                delay = backoff.delay(tried, first=FIRST_DELAY, cap=LONGEST_DELAY)
                chance = random.random()  # noqa: S311 - spreads tries, guards nothing
                delay = max(asked, backoff.spread(delay, chance))
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

    def conceal(self, source: str, secret: str) -> None:
        """Hide a secret that Port told us, in all texts from now on."""
        self._tokens.masks.learn_shared(source, [secret])

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _try(self, call: Call, timeouts: Timeouts) -> bytes:
        header = self._tokens.get(timeouts)
        answer = self._transport.send(call, header, timeouts)
        if answer.status == UNAUTHORIZED:
            header = self._tokens.refresh(header, timeouts)
            answer = self._transport.send(call, header, timeouts)
        if answer.ok:
            return answer.body
        raise answers.error(call, answer, self._tokens.masks.hide_all)


def user_agent(type_: str, version: str, identifier: str) -> str:
    """Return the User-Agent by which Port knows who owns the entities, in Ocean's format.

    Raises ConfigError for parts that would make one integration own another's entities: Port
    compares the beginning and the end of this text.
    """
    for part in (type_, version, identifier):
        if not part or "/" in part or not (part.isascii() and part.isprintable()):
            raise ConfigError(
                f"integration {identifier!r}: {part!r} cannot name its entities in Port; "
                "use ASCII letters, digits, '-', '_' and '.'"
            )
    return f"port-ocean/{type_}/{version}/{identifier}/exporter"
