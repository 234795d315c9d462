"""The page and its endpoints, for a browser on this machine, without a token.

Three checks keep other sites from using them through that browser: only loopback names as Host (DNS
rebinding), only this page as Origin (forged requests), and a strict content security policy.
"""

from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from framework.sandbox.port.api import Handler
from framework.sandbox.port.refusals import RefusedError
from framework.sandbox.port.web import Endpoint, Web, json, trace

FOLDER = Path(__file__).parent
FILES = {
    "/": ("index.html", "text/html"),
    "/page/app.js": ("app.js", "text/javascript"),
    "/page/style.css": ("style.css", "text/css"),
}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def file(name: str, media_type: str) -> Endpoint:
    """Return an endpoint that serves one file of the page."""

    async def endpoint(request: Request) -> Response:
        try:
            check(request)
        except RefusedError as refusal:
            return json(refusal.status, refusal.body(), HEADERS | trace())
        return Response((FOLDER / name).read_bytes(), 200, HEADERS, media_type)

    return endpoint


def endpoint(web: Web, handler: Handler) -> Endpoint:
    """Return an endpoint that the page calls."""

    async def answering(request: Request) -> Response:
        headers = HEADERS | trace()
        try:
            check(request)
            answer = await web.answer(handler, request)
        except RefusedError as refusal:
            return json(refusal.status, refusal.body(), headers)
        return json(answer.status, {"ok": True, **answer.body}, headers)

    return answering


def check(request: Request) -> None:
    """Refuse a request that does not come from this page in a browser on this machine."""
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in LOOPBACK:
        raise RefusedError(403, "forbidden", "the page is served on 127.0.0.1 and localhost alone")
    origin = request.headers.get("origin", f"http://{host}")
    if origin != f"http://{host}":
        raise RefusedError(403, "forbidden", "the request comes from another site")
