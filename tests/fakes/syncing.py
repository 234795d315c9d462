"""What an export works with, scripted: a client of Port, a pool of mappers, an attempt."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from framework.errors import FrameworkError
from framework.events import Delivery, Resync
from framework.mapping.contract import Program, Translated
from framework.mapping.mapper.rows import Translator
from framework.port.calls import DEFAULT, Patience
from framework.protocol.messages import Done, KindDone, Message, Page
from framework.sandbox import application, ports
from framework.sandbox.port import database
from framework.sandbox.port.local_port import Clock, LocalPort
from framework.sandbox.server import Server
from framework.sandbox.settings import Sandbox

ME = "mine"


class Asked(Struct):
    method: str
    path: str
    body: Any
    patience: Patience


class FakeClient:
    """Answers with what `answer` returns: the body of a 2xx, or an error to raise."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], object] = lambda _: {"ok": True}

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: object = None,
        patience: Patience = DEFAULT,
    ) -> bytes:
        sent = json.loads(body) if isinstance(body, bytes) else body
        self.asked.append(Asked(method, path, sent, patience))
        answer = self.answer(self.asked[-1])
        if isinstance(answer, Exception):
            raise answer
        return msgspec.json.encode(answer)

    def check_stop(self) -> None:
        pass

    @property
    def stored(self) -> list[str]:
        """The identifiers of all that was sent in upserts, in order."""
        upserts = [asked for asked in self.asked if asked.path.endswith("/bulk")]
        return [entity["identifier"] for asked in upserts for entity in asked.body["entities"]]


class Inline:
    """Mappers without a process: each page is translated where it is asked for."""

    def __init__(self) -> None:
        self.error: FrameworkError | None = None  # raised in place of the next answer

    def translate(self, program: Program, items: list[Raw], stop: threading.Event) -> Translated:
        error, self.error = self.error, None
        if error is not None:
            raise error
        return Translator(program).translate(items)


class ScriptedAttempt:
    """Receives these messages; an error among them is raised, a function is called first."""

    def __init__(self, *script: object, number: int = 1, event: str = "e"):
        self.delivery = Delivery(Resync(event, ME, "a test"), ME, number)
        self.asked: list[Message] = []
        self.acked: list[int] = []
        self._script = list(script)

    def ask(self, message: Message) -> None:
        self.asked.append(message)

    def receive(self) -> Page | KindDone | Done:
        message = self._script.pop(0)
        if isinstance(message, Exception):
            raise message
        if callable(message):
            message()
            return self.receive()
        return message

    def ack(self, page: Page) -> None:
        self.acked.append(page.seq)


def page(*identifiers: str, kind: str = "issue", index: int | None = 0, **more: object) -> Page:
    items = [Raw(json.dumps({"id": name, **more}).encode()) for name in identifiers]
    return Page("d", 1, kind, index, items)


def read(kind: str = "issue", index: int = 0, error: str | None = None) -> KindDone:
    return KindDone("d", kind, index, error)


DONE = Done("d", "ok")


def config(*kinds: str, blueprint: str | None = None, **options: object) -> Raw:
    """Make a mapping in which each kind fills the blueprint of its own name, or `blueprint`."""
    resources = [
        {
            "kind": kind,
            "port": {
                "entity": {
                    "mappings": {
                        "identifier": ".id",
                        "blueprint": json.dumps(blueprint or kind),
                        "title": ".title",
                    }
                }
            },
        }
        for kind in kinds
    ]
    return Raw(json.dumps({"resources": resources, **options}).encode())


@contextmanager
def local_port(folder: Path) -> Iterator[tuple[str, LocalPort]]:
    """Run the sandbox's Port in a thread; Kafka is told nothing."""
    with (
        closing(ports.claim(0, 0, "test")) as listener,
        closing(database.connect(folder / "port.sqlite")) as connection,
    ):
        local = LocalPort(connection, Sandbox(), ["127.0.0.1:9"], "me", "secret", Clock())
        server = Server(application.build(local, lambda _: None), listener)
        server.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", local
        finally:
            server.end()
            server.join(10)
