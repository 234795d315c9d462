"""Port's access token: one for all threads, kept until shortly before it ends."""

import contextlib
import copy
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from framework.errors import AuthError, FrameworkError, PortRefusedError, PortUnavailableError
from framework.masking import Masks
from framework.port import answers
from framework.port.answers import PassingError
from framework.port.calls import Call, Timeouts
from framework.port.settings import Port
from framework.port.transport import Transport

PATH = "/auth/access_token"
LONGEST_LIFE = 10_800.0  # seconds; Port's tokens live three hours
EARLY_SECONDS = 60.0  # ask for the next one this long before the end, or at nine tenths of its life
SETTLED_SECONDS = 30.0  # Port gave the refused token again: do not ask for this long
PRINTABLE = re.compile(r"[!-~]+")

log = logging.getLogger(__name__)


class _Token(Struct, frozen=True, rename="camel"):
    access_token: str
    expires_in: float = LONGEST_LIFE
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme


class Tokens:
    """The token that every client sends; one lock, so that a thousand threads ask Port once.

    The only wait while the lock is held is one bounded token request. Whoever asks during that
    request gets its result, a token or an error. `masks` hides the secret and every token.
    """

    def __init__(self, settings: Port, masks: Masks, clock: Callable[[], float] = time.monotonic):
        self.masks = masks
        masks.learn_shared("port", [settings.client_secret])
        self._call = Call(
            "POST",
            PATH,
            body=msgspec.json.encode(
                {"clientId": settings.client_id, "clientSecret": settings.client_secret}
            ),
        )
        self._transport = Transport(settings, "integration-framework")
        self._clock = clock
        self._lock = threading.Lock()
        self._header = ""
        self._until = 0.0
        self._settled_until = 0.0
        self._requests = 0
        self._failure: FrameworkError | None = None

    def get(self, timeouts: Timeouts = Timeouts()) -> str:  # noqa: B008 - frozen
        """Return the value of the Authorization header.

        Raises AuthError if Port refuses the credentials, PassingError if asking again may help.
        """
        seen = self._requests
        with self._turn(timeouts):
            if self._clock() < self._until:
                return self._header
            return self._fetch(seen, timeouts)

    def refresh(self, stale: str, timeouts: Timeouts = Timeouts()) -> str:  # noqa: B008 - frozen
        """Return another header in place of one that Port answered 401 to; raises as `get`.

        Port may give the same token again: then the next callers get it without a request.
        """
        seen = self._requests
        with self._turn(timeouts):
            now = self._clock()
            if now < self._until and (self._header != stale or now < self._settled_until):
                return self._header
            self._until = 0.0
            header = self._fetch(seen, timeouts)
            if header == stale:
                self._settled_until = now + SETTLED_SECONDS
            return header

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    @contextlib.contextmanager
    def _turn(self, timeouts: Timeouts) -> Iterator[None]:
        if not self._lock.acquire(timeout=timeouts.connect + timeouts.read):
            raise PassingError("Port does not answer another thread's request for a token")
        try:
            yield
        finally:
            self._lock.release()

    def _fetch(self, seen: int, timeouts: Timeouts) -> str:
        """Ask Port, unless a request that ended while we waited for the lock failed."""
        if self._requests != seen and self._failure is not None:
            raise copy.copy(self._failure)
        self._failure = None
        try:
            self._keep(self._ask(timeouts))
        except FrameworkError as failure:
            self._failure = failure
            raise
        finally:
            self._requests += 1
        return self._header

    def _ask(self, timeouts: Timeouts) -> _Token:
        answer = self._transport.send(self._call, "", timeouts)
        if not answer.ok:
            error = answers.error(self._call, answer, self.masks.hide_all)
            if isinstance(error, PortRefusedError):  # any 4xx: the credentials or the address
                raise AuthError(f"{error} ({answers.HINTS[401]} too)")
            raise error
        return answers.decode(answer.body, _Token, str(self._call))

    def _keep(self, token: _Token) -> None:
        if not (PRINTABLE.fullmatch(token.access_token) and PRINTABLE.fullmatch(token.token_type)):
            raise PortUnavailableError(
                f"Port answered {self._call} with no usable token; {answers.STRANGE_HINT}"
            )
        self.masks.learn_shared("Port's token", [token.access_token])
        life = min(max(token.expires_in, 1.0), LONGEST_LIFE)
        header = f"{token.token_type} {token.access_token}"
        if header != self._header:
            self._settled_until = 0.0
        self._header = header
        self._until = self._clock() + life - min(EARLY_SECONDS, life / 10)
        log.debug("Port's token: valid for %.0f s", life)
