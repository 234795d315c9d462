"""One call to Port: what is sent, whether it may be repeated, how long it is tried."""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec
from msgspec import Struct

from framework.errors import PortRefusedError

CONNECT_SECONDS = 5.0  # a TCP and TLS handshake that takes longer will not succeed
LEAST_SECONDS = 1.0  # for a last try shortly before the end

# What may be sent twice without harm. Creating a blueprint or an integration is not here: the
# second try would find what the first one created and take it for somebody else's.
REPEATABLE_METHODS = frozenset({"GET", "PATCH", "PUT", "DELETE"})
REPEATABLE_POSTS = (
    "/auth/access_token",
    "/entities/bulk",
    "/bulk/entities/delete",
    "/entities/search",
    "/entities/datasource-entities",
)


class Timeouts(Struct, frozen=True):
    """How many seconds one try may take: to connect, and to get the whole answer."""

    connect: float = CONNECT_SECONDS
    read: float = 10.0


class Patience(Struct, frozen=True):
    """How often and how long a call is tried: no try starts after `seconds`.

    What Port itself asks us to wait is added to `seconds`; `read` bounds one answer.
    """

    tries: int = 5
    seconds: float = 20.0
    read: float = 10.0

    def timeouts(self, left: float) -> Timeouts:
        """Return the timeouts of a try that starts with `left` seconds to go."""
        read = min(self.read, max(left, LEAST_SECONDS))
        return Timeouts(min(CONNECT_SECONDS, read), read)


DEFAULT = Patience()
ONE_TRY = Patience(tries=1)
"""For the calls of an attempt that ran out of tries once: Port is down, do not retry more."""

LAST_WORD = Patience(tries=1, seconds=2.0, read=2.0)
"""For the last call of a stop (`aborted`), which does not wait for Port."""


class Call(Struct, frozen=True):
    """One request, ready to be sent any number of times; `path` is relative to /v1."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: bytes | None = None

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        if self.method in REPEATABLE_METHODS:
            return True
        return self.method == "POST" and self.path.endswith(REPEATABLE_POSTS)

    def __str__(self) -> str:
        """Name the call in an error or a log: no parameters, no body."""
        return f"{self.method} {self.path}"


def path(*parts: str) -> str:
    """Join the parts of a path; each is quoted, its slashes too.

    Raises PortRefusedError for names that Port forbids and that would lead to another resource:
    `/blueprints/b/entities/..` would become `/blueprints/b`.
    """
    for part in parts:
        if part in {"", ".", ".."}:
            raise PortRefusedError(f"{part!r} cannot be an identifier in Port; choose another", 422)
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def encode(body: object) -> bytes | None:
    """Return the body as JSON; bytes are JSON already."""
    if body is None or isinstance(body, bytes):
        return body
    return msgspec.json.encode(body)
