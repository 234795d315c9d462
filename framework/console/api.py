"""The API of a running supervisor on its unix socket."""

import logging
import socket
import threading
from collections.abc import Callable
from functools import partial

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framework.console.operations import Operations
from framework.errors import ConfigError, FrameworkError
from framework.masking import Hide, visible

STOP_SECONDS = 5.0
BACKLOG = 8  # asyncio accepts so many at once, even when no file descriptor is left
DESIRES = {"start": "run", "resume": "run", "pause": "pause", "stop": "stop"}  # verb: desired


class Console(threading.Thread):
    """Serves a supervisor's operations until stopped."""

    def __init__(self, listener: socket.socket, operations: Operations, hide: Hide = visible):
        super().__init__(name="console", daemon=True)
        self._listener = listener
        config = uvicorn.Config(
            application(operations, hide),
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            lifespan="off",
            backlog=BACKLOG,
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve."""
        self._server.run(sockets=[self._listener])

    def stop(self) -> None:
        """Stop after the requests in progress; it need not have started."""
        self._server.should_exit = True
        if self.is_alive():
            self.join(STOP_SECONDS)
        self._listener.close()


def application(operations: Operations, hide: Hide = visible) -> Starlette:
    """Return the routes: POST if something changes or a process is disturbed, else GET.

    An error is `{"error": text}`: 404 for an unknown integration, 400 for a configuration that
    cannot be used, 503 if it may work later; `hide` takes secrets out of it.
    """

    def resync(identifier: str) -> dict[str, str]:
        return {"event": operations.resync(identifier)}

    def stacks(identifier: str) -> dict[str, str]:
        return {"stacks": operations.stacks(identifier)}

    return Starlette(
        routes=[
            _get("/status", operations.status),
            _get("/describe/{identifier:path}", operations.describe),
            _get("/reload", operations.preview),
            _post("/reload", operations.reload),
            _post("/resync/{identifier:path}", resync, 202),
            _post("/stacks/{identifier:path}", stacks),
            _post("/restart/{identifier:path}", operations.restart, 202),
            *(
                _post(f"/{verb}/{{identifier:path}}", partial(operations.desire, desired=word), 202)
                for verb, word in DESIRES.items()
            ),
        ],
        exception_handlers={FrameworkError: partial(_refuse, hide)},
    )


def _get(path: str, work: Callable[..., object]) -> Route:
    return Route(path, _endpoint(work, 200), methods=["GET"])


def _post(path: str, work: Callable[..., object], status: int = 200) -> Route:
    return Route(path, _endpoint(work, status), methods=["POST"])


def _endpoint(work: Callable[..., object], status: int) -> Callable[..., object]:
    async def endpoint(request: Request) -> Response:
        answer = await run_in_threadpool(work, **request.path_params)
        return _json({} if answer is None else answer, status)

    return endpoint


async def _refuse(hide: Hide, request: Request, error: Exception) -> Response:
    said = {"error": hide(str(error))}
    if not isinstance(error, ConfigError):
        return _json(said, 503)
    return _json(said, 404 if "identifier" in request.path_params else 400)


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
