"""An integration served in this process, with a supervisor's side to talk to it."""

import os
import queue
import threading
from collections.abc import Iterator

import pytest

from framework.protocol import messages
from framework.sdk import Integration
from framework.sdk.attempt import Attempt
from framework.sdk.server import Server
from framework.sdk.writer import Writer
from tests.fakes.peer import SECONDS, Peer


class Served(Peer):
    """A peer whose other side is a thread; `left` gets the code of a hard exit."""

    def __init__(self, integration: Integration):
        commands, down = os.pipe()
        up, answers = os.pipe()
        super().__init__(down, up)
        self.codes: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.left: queue.SimpleQueue[int] = queue.SimpleQueue()
        server = Server(integration, "jira", Writer(answers), self.left.put)

        def serve() -> None:
            code = server.serve(commands)
            os.close(answers)
            self.codes.put(code)

        threading.Thread(target=serve, daemon=True).start()

    def code(self) -> int:
        return self.codes.get(timeout=SECONDS)

    def hang_up(self) -> None:
        if self._down >= 0:
            os.close(self._down)
            self._down = -1


@pytest.fixture
def integration() -> Integration:
    return Integration()


@pytest.fixture
def peer(integration) -> Iterator[Served]:
    served = Served(integration)
    yield served
    served.hang_up()


@pytest.fixture
def sent() -> list[messages.Message]:
    return []


@pytest.fixture
def attempt(sent) -> Attempt:
    return Attempt("d", messages.WINDOW, messages.WINDOW_BYTES, sent.append)
