"""The console's API: what a running supervisor answers on its unix socket."""

import logging
import socket
import threading
from collections.abc import Callable

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framework.errors import ConfigError, FrameworkError

STOP_SECONDS = 5.0


class Console(threading.Thread):
    """Serve `status` and `resync` until stopped.

    `status` returns anything msgspec can encode; `resync` takes an identifier and returns the id
    of the event it recorded, or raises ConfigError for an unknown one.
    """

    def __init__(
        self,
        listener: socket.socket,
        status: Callable[[], object],
        resync: Callable[[str], str],
    ):
        super().__init__(name="console", daemon=True)
        self._listener = listener
        config = uvicorn.Config(
            application(status, resync),
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            lifespan="off",
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve."""
        self._server.run(sockets=[self._listener])

    def stop(self) -> None:
        """End after the requests in work; it need not have started."""
        self._server.should_exit = True
        if self.is_alive():
            self.join(STOP_SECONDS)
        self._listener.close()


def application(status: Callable[[], object], resync: Callable[[str], str]) -> Starlette:
    """Return the routes: `GET /status`, `POST /resync/{identifier}`."""

    async def get_status(_: Request) -> Response:
        return _json(await run_in_threadpool(status))

    async def post_resync(request: Request) -> Response:
        event = await run_in_threadpool(resync, request.path_params["identifier"])
        return _json({"event": event}, 202)

    return Starlette(
        routes=[
            Route("/status", get_status),
            Route("/resync/{identifier:path}", post_resync, methods=["POST"]),
        ],
        exception_handlers={FrameworkError: _refuse},
    )


async def _refuse(_: Request, error: Exception) -> Response:
    return _json({"error": str(error)}, 404 if isinstance(error, ConfigError) else 503)


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
