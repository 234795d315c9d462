"""A Port that answers as a test scripts it, over real HTTP on loopback."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest

from framework.masking import Masks
from framework.port.client import Client, user_agent
from framework.port.settings import Port
from framework.port.token import Tokens

SECRET = "s3cr3t-of-the-client"
TOKEN_PATH = "/v1/auth/access_token"


class Asked(msgspec.Struct):
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any


class Reply(msgspec.Struct):
    status: int = 200
    body: Any = msgspec.field(default_factory=lambda: {"ok": True})
    headers: dict[str, str] = {}
    gate: threading.Event | None = None  # answer only once this is set
    drop: bool = False  # close the connection instead of answering
    cut: bool = False  # promise more bytes than are sent
    drip: bool = False  # send one byte now and then

    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def token(value: str = "token-1", **more: Any) -> Reply:
    return Reply(body={"ok": True, "accessToken": value, "expiresIn": 10800, **more})


class ScriptedPort:
    """Answers from `script` (in order) or `answer`; tokens from `tokens`, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.token_requests: list[Asked] = []
        self.script: list[Reply] = []
        self.tokens: list[Reply] = [token()]
        self.answer: Callable[[Asked], Reply] = lambda _: Reply()
        self.closing = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.scripted = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def reply(self, asked: Asked) -> Reply:
        if asked.path == TOKEN_PATH:
            self.token_requests.append(asked)
            return self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        self.asked.append(asked)
        return self.script.pop(0) if self.script else self.answer(asked)

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.thread.join(5)
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every answer takes 40 ms

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, path, query, headers, json.loads(body) if body else None)
        reply = self.server.scripted.reply(asked)
        if reply.gate:
            reply.gate.wait(10)
        if reply.drop:
            self.close_connection = True
            return
        self.send(reply)

    def send(self, reply: Reply) -> None:
        content = reply.bytes()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) + 10 * reply.cut))
        self.end_headers()
        self.close_connection = reply.cut
        if reply.drip:
            self.drip(content)
        else:
            self.wfile.write(content)

    def drip(self, content: bytes) -> None:
        for byte in content:
            self.wfile.write(bytes([byte]))
            if self.server.scripted.closing.wait(0.05):
                return

    def log_message(self, *_: Any) -> None:
        pass

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the server's names


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass  # a client that gave up


class Stop(threading.Event):
    """A stop flag whose waits take no time and are remembered; `after` of them a stop comes."""

    def __init__(self, after: int = 1000) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._after = after

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        if len(self.waits) > self._after:
            self.set()
        return self.is_set()


@pytest.fixture
def port() -> Iterator[ScriptedPort]:
    scripted = ScriptedPort()
    yield scripted
    scripted.close()


@pytest.fixture
def settings(port: ScriptedPort) -> Port:
    return Port(client_id="id-of-the-client", client_secret=SECRET, base_url=port.url)


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def tokens(settings: Port) -> Iterator[Tokens]:
    tokens = Tokens(settings, Masks())
    yield tokens
    tokens.close()


@pytest.fixture
def client(settings: Port, tokens: Tokens, stop: Stop) -> Iterator[Client]:
    client = Client(settings, tokens, stop, user_agent("kafka", "0.1.0", "my-kafka"))
    yield client
    client.close()


class Kit:
    """What tests need of this file: with importlib mode they cannot import it."""

    Reply = Reply
    Stop = Stop
    token = staticmethod(token)
    SECRET = SECRET


@pytest.fixture
def kit() -> type[Kit]:
    return Kit
