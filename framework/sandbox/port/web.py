"""HTTP around the routes: the body and its limit, token, transaction, headers, refusals."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from framework.sandbox.port import authentication, unverified
from framework.sandbox.port.api import Handler
from framework.sandbox.port.calls import Answer, Call, Message
from framework.sandbox.port.local_port import LocalPort
from framework.sandbox.port.rate_limits import UNAUTHENTICATED, RateLimits
from framework.sandbox.port.refusals import RefusedError, not_found

MOST_BYTES = 1024 * 1024  # Port's limit for one body
SERVER_ERROR = RefusedError(500, "internal_error", "the sandbox failed; its log says why")

Endpoint = Callable[[Request], Awaitable[Response]]


class Web:
    """Turns handlers into endpoints; `publish` gets the messages for Kafka after the commit."""

    def __init__(self, local: LocalPort, publish: Callable[[Message], None]):
        self.local = local
        self._publish = publish
        self._limits = RateLimits(local.seconds)

    def port(self, handler: Handler, group: str) -> Endpoint:
        """Return an endpoint of Port's API: rate-limited, with a token except to get one."""

        async def endpoint(request: Request) -> Response:
            headers = self._limits.count(group) | trace()
            try:
                self._limits.check(group)
                if group != UNAUTHENTICATED:
                    authentication.check(self.local, request.headers.get("authorization", ""))
                answer = await self.answer(handler, request)
            except RefusedError as refusal:
                return json(refusal.status, refusal.body(), headers)
            return json(answer.status, {"ok": True, **answer.body}, headers)

        return endpoint

    async def answer(self, handler: Handler, request: Request) -> Answer:
        """Run a handler in one transaction, then publish its messages."""
        call = await read(request)
        with self.local.database:
            answer = handler(self.local, call)
        for message in answer.messages:
            self._publish(message)
        return answer


async def read(request: Request) -> Call:
    """Return the request as a Call; the names in its path were matched while still encoded."""
    body = await _body(request)
    return Call(
        names={name: unquote(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        body=_decode(body) if body else None,
        user_agent=request.headers.get("user-agent", ""),
        skip_resync=request.headers.get("x-skip-resync") == "true",
    )


async def refuse(request: Request, error: Exception) -> Response:
    """Answer a request that no route answers, as Port would."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = f"the route {request.method} {request.url.path} (the sandbox has the used part of Port)"
    if status in {404, 405}:
        return json(status, not_found(what).body(), trace())
    return json(status, SERVER_ERROR.body(), trace())


def trace() -> dict[str, str]:
    """Return the header that identifies an answer in logs."""
    return {"X-Trace-Id": secrets.token_hex(16)}


def json(status: int, body: object, headers: dict[str, str]) -> Response:
    """Return a JSON answer."""
    text = msgspec.json.encode(body)
    return Response(text, status, headers, media_type="application/json")


async def _body(request: Request) -> bytes:
    """Read the body to its end, even one that is too large: else its sender misses the refusal."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MOST_BYTES:
            chunks.append(chunk)
    if size > MOST_BYTES:
        raise RefusedError(413, unverified.TOO_LARGE, "Request body is too large (limit is 1MiB)")
    return b"".join(chunks)


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        status = unverified.BAD_JSON_STATUS
        raise RefusedError(status, unverified.INVALID_REQUEST, f"no valid JSON: {error}") from error
