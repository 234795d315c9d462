"""The thread that answers HTTP."""

import logging
import socket
import threading
from typing import Any

import uvicorn
from starlette.types import ASGIApp

DRAIN_SECONDS = 2  # for requests in progress at the stop


class Server(threading.Thread):
    """Serves one application on a bound socket until it is asked to end."""

    def __init__(self, application: ASGIApp, listener: socket.socket):
        super().__init__(name="sandbox http", daemon=True)
        self._listener = listener
        app: Any = application  # uvicorn has its own type for it
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        self._server = uvicorn.Server(config)

    @property
    def ready(self) -> bool:
        """Whether requests are answered."""
        return self._server.started

    def run(self) -> None:
        """Answer requests."""
        self._server.run([self._listener])

    def end(self) -> None:
        """Ask the thread to finish the requests in progress, then to end."""
        self._server.should_exit = True
