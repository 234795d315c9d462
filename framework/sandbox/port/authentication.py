"""Tokens: valid for three hours; whoever asks again before that gets the same one."""

import base64
import hashlib
import hmac
import secrets

import msgspec
from msgspec import Struct

from framework.sandbox.port import refusals
from framework.sandbox.port.calls import Answer, Call
from framework.sandbox.port.local_port import LocalPort

TOKEN_SECONDS = 3 * 3600
LEAST_SECONDS = 1  # a token with less left is replaced
TOKEN = "token"  # noqa: S105 - the name of a row
SCHEME = "Bearer"


class Token(Struct, frozen=True):
    """A token and the end of its life in seconds since the epoch."""

    text: str
    expires: int


def give_token(local: LocalPort, call: Call) -> Answer:
    """POST /v1/auth/access_token: a token for a client id and its secret."""
    body = call.object()
    if set(body) != {"clientId", "clientSecret"}:
        raise refusals.invalid("the body must hold clientId and clientSecret, nothing else")
    if not _same(body["clientId"], local.client_id) or not _same(
        body["clientSecret"], local.client_secret
    ):
        raise refusals.unauthorized("client id or client secret is wrong")
    token = _current(local)
    left = token.expires - int(local.seconds())
    if left < LEAST_SECONDS:
        token, left = _make(local), TOKEN_SECONDS
    return Answer({"accessToken": token.text, "expiresIn": left, "tokenType": SCHEME})


def check(local: LocalPort, header: str) -> None:
    """Refuse a request unless its Authorization header holds the current token."""
    scheme, _, text = header.partition(" ")
    token = _current(local)
    if scheme.lower() != SCHEME.lower() or not _same(text, token.text) or not text:
        raise refusals.unauthorized("no valid access token; ask /v1/auth/access_token for one")
    if token.expires <= local.seconds():
        raise refusals.unauthorized("the access token has expired")


def _current(local: LocalPort) -> Token:
    query = "SELECT document FROM facts WHERE name = ?"
    row = local.database.execute(query, (TOKEN,)).fetchone()
    return msgspec.json.decode(row[0], type=Token) if row else Token("", 0)


def _make(local: LocalPort) -> Token:
    expires = int(local.seconds()) + TOKEN_SECONDS
    token = Token(_jwt(local, expires), expires)
    query = "INSERT OR REPLACE INTO facts VALUES (?, ?)"
    local.database.execute(query, (TOKEN, msgspec.json.encode(token).decode()))
    return token


def _jwt(local: LocalPort, expires: int) -> str:
    """Return a JSON Web Token: clients of Port read `isMachine` from it."""
    claims = {
        "orgId": local.settings.org_id,
        "clientId": local.client_id,
        "isMachine": True,
        "exp": expires,
        "jti": secrets.token_hex(8),
    }
    head = _part(msgspec.json.encode({"alg": "HS256", "typ": "JWT"}))
    text = f"{head}.{_part(msgspec.json.encode(claims))}"
    digest = hmac.new(local.client_secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{_part(digest)}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _same(given: object, known: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), known.encode())
