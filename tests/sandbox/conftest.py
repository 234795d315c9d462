"""A local Port on a loopback port, with a list in place of Kafka."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from framework.sandbox import application, ports
from framework.sandbox.port import database
from framework.sandbox.port.calls import Message
from framework.sandbox.port.local_port import Clock, LocalPort
from framework.sandbox.server import Server
from framework.sandbox.settings import Sandbox

WRITER = "port-ocean/kafka/0.1.0/my_kafka/exporter"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Port:
    """What a client of Port does, on the raw HTTP; `messages` is what Kafka was told."""

    def __init__(self, url: str, local: LocalPort, messages: list[Message]):
        self.url = url
        self.local = local
        self.messages = messages
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = WRITER

    def log_in(self) -> requests.Response:
        credentials = {"clientId": self.local.client_id, "clientSecret": self.local.client_secret}
        answer = self.call("POST", "/v1/auth/access_token", credentials)
        self._session.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        return answer

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        json = {} if body is None else {"json": body}
        return self._session.request(method, self.url + path, timeout=10, **json, **options)

    def reset(self) -> None:
        with self.local.database as connection:
            for name in ("integrations", "blueprints", "entities", "relations", "facts"):
                connection.execute(f"DELETE FROM {name}")
        self.messages.clear()
        self.log_in()

    def blueprint(self, identifier: str, properties: Any = None, **more: Any) -> Any:
        schema = {"properties": properties or {}, "required": more.pop("required", [])}
        body = {"identifier": identifier, "title": identifier, "schema": schema, **more}
        return self.call("POST", "/v1/blueprints", body)

    def upsert(self, blueprint: str, *entities: Any, **options: Any) -> requests.Response:
        query = {"upsert": "true", "merge": "true", **options}
        path = f"/v1/blueprints/{blueprint}/entities/bulk"
        return self.call("POST", path, {"entities": entities}, params=query)


@pytest.fixture
def make_local(tmp_path: Path) -> Iterator[Callable[..., LocalPort]]:
    made = []

    def make(settings: Sandbox | None = None, **more: Any) -> LocalPort:
        connection = database.connect(tmp_path / "port.sqlite")
        made.append(connection)
        clock = Clock(lambda: NOON)
        return LocalPort(
            connection, settings or Sandbox(), ["127.0.0.1:9"], "me", "secret", clock, **more
        )

    yield make
    for connection in made:
        connection.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    messages: list[Message] = []
    path = tmp_path_factory.mktemp("sandbox") / "port.sqlite"
    with (
        closing(ports.claim(0, 0, "test")) as listener,
        closing(database.connect(path)) as connection,
    ):
        local = LocalPort(connection, Sandbox(), ["127.0.0.1:9"], "me", "secret", Clock())
        server = Server(application.build(local, messages.append), listener)
        server.start()
        try:
            yield Port(f"http://127.0.0.1:{listener.getsockname()[1]}", local, messages)
        finally:
            server.end()
            server.join(10)


@pytest.fixture
def port(served: Port) -> Port:
    served.reset()
    return served
