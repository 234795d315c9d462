"""The supervisor's side of the protocol over two fds, for tests of the integration's side."""

import os
import queue
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from framework.protocol import framing, messages

SECONDS = 30.0  # a loaded machine is slow; nothing waits this long while all is well


class Peer:
    """Sends requests down and collects what comes up; `heard` holds all that was looked at."""

    def __init__(self, down: int, up: int):
        self._down = down
        self._up = up
        self._arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.heard: list[Any] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def send(self, message: messages.Message) -> None:
        self.write(framing.encode(message))

    def write(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._down, rest) :]

    def greet(self, config: object = None, **hello: Any) -> None:
        """Shake hands until `ready`."""
        self.send(messages.SupervisorHello([messages.VERSION], "0", "session", **hello))
        self.until(messages.IntegrationHello)
        raw = msgspec.Raw(msgspec.json.encode(config or {}))
        self.send(messages.Configure("mine", "type", raw))
        self.until(messages.Ready)

    def ask(self, *kinds: str, delivery: str = "d", selector: str = "{}") -> None:
        """Request a resync of these kinds."""
        raw = msgspec.Raw(selector.encode())
        requests = [messages.KindRequest(kind, index, raw) for index, kind in enumerate(kinds)]
        self.send(messages.Resync(delivery, 1, requests))

    def ack(self, seq: int, delivery: str = "d") -> None:
        self.send(messages.Ack(delivery, seq))

    def until(self, *sorts: type, where: Callable[[Any], bool] = lambda _: True) -> Any:
        """Look at what arrives until a message of one of the sorts, and return it."""
        while True:
            message = self._arrived.get(timeout=SECONDS)
            assert message is not None, f"the other side ended; it had said {self.heard}"
            self.heard.append(message)
            if isinstance(message, sorts) and where(message):
                return message

    def finish(self, delivery: str = "d") -> messages.Done:
        """Acknowledge pages as they come, until the delivery is done."""
        while True:
            message = self.until(messages.Page, messages.Done)
            if isinstance(message, messages.Done):
                assert message.delivery == delivery
                return message
            self.ack(message.seq, message.delivery)

    def silent(self, seconds: float) -> bool:
        """Tell whether nothing arrives for that long."""
        try:
            self._arrived.put(self._arrived.get(timeout=seconds))
        except queue.Empty:
            return True
        return False

    def rest(self) -> list[Any]:
        """Wait for the end of the other side's output; return all that it ever said."""
        self.heard.extend(iter(lambda: self._arrived.get(timeout=SECONDS), None))
        return self.heard

    def of(self, sort: type) -> list[Any]:
        return [message for message in self.heard if isinstance(message, sort)]

    def items(self, kind: str) -> list[Any]:
        """Return the raw items of a kind that arrived, decoded."""
        pages = [page for page in self.of(messages.Page) if page.kind == kind]
        return [msgspec.json.decode(item) for page in pages for item in page.items]

    def _read(self) -> None:
        lines = framing.Lines(messages.MAX_FRAME_UP)
        decoder: framing.Decoder[Any] = framing.Decoder(messages.Up)
        while chunk := os.read(self._up, 64 * 1024):
            for line in lines.feed(chunk):
                self._arrived.put(decoder.decode(line))
        self._arrived.put(None)
