"""Something between the framework and Port that refuses calls, or is down, when a test wants it."""

import http.client
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

PASSED_ON = ("Authorization", "Content-Type", "User-Agent")
SECONDS = 30

Refusal = Callable[[str, str], int | None]


class Proxy:
    """Passes calls on to `target`, save those for which `refuse(method, path)` has a status."""

    def __init__(self, target: str):
        self.target = urlsplit(target).netloc
        self.refuse: Refusal = lambda _method, _path: None
        self._port = 0
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Take connections, on the same port as before."""
        self._server = Server(("127.0.0.1", self._port), Handler)
        self._server.proxy = self
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def down(self) -> None:
        """Take no connections any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(SECONDS)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # its caller was killed
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: a connection for each call, so that `down` means down."""

    def answer(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = proxy.refuse(self.command, self.path)
        if status is None:
            self._pass_on(proxy.target, body)
            return
        self._send(status, [], b'{"ok":false,"error":"internal_error"}')

    def _pass_on(self, target: str, body: bytes) -> None:
        headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
        connection = http.client.HTTPConnection(target, timeout=SECONDS)
        connection.request(self.command, self.path, body or None, headers)
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        self._send(reply.status, [("X-Trace-Id", reply.headers.get("X-Trace-Id", ""))], content)

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(content)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - the server's names
