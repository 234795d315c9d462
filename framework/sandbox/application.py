"""All routes in one application: Port's API under /v1, the page, and what the page calls."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from framework.sandbox.page import page_api, pages
from framework.sandbox.port import api
from framework.sandbox.port.calls import Message
from framework.sandbox.port.local_port import LocalPort
from framework.sandbox.port.web import Web, refuse


def build(local: LocalPort, publish: Callable[[Message], None]) -> ASGIApp:
    """Return the application that serves one local Port."""
    web = Web(local, publish)
    routes = [
        *(Route(path, web.port(handler, group), methods=[method])
          for method, path, handler, group in api.ROUTES),
        *(Route(path, pages.file(*file), methods=["GET"]) for path, file in pages.FILES.items()),
        *(Route(path, pages.endpoint(web, handler), methods=[method])
          for method, path, handler in page_api.ROUTES),
    ]  # fmt: skip
    handlers = {HTTPException: refuse, Exception: refuse}
    return _undecoded(Starlette(routes=routes, exception_handlers=handlers))


def _undecoded(application: ASGIApp) -> ASGIApp:
    """Match paths as they were sent: an identifier may contain an encoded slash."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode("latin-1")
        await application({**scope, "path": path}, receive, send)

    return serve
