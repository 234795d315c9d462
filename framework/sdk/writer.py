"""The one thread that writes to the supervisor, so that no other waits for the pipe."""

import contextlib
import itertools
import os
import queue
import threading

from framework.protocol import framing
from framework.protocol.messages import Bye, Message

AHEAD, IN_TURN, LAST = range(3)


class Writer(threading.Thread):
    """Writes lines in turn, some ahead of the others, and `bye` last.

    Its queue is bounded by its users: pages by the window, log lines by `backlog`.
    """

    def __init__(self, fd: int) -> None:
        super().__init__(name="writer", daemon=True)
        self._fd = fd
        self._lines: queue.PriorityQueue[tuple[int, int, bytes]] = queue.PriorityQueue()
        self._numbers = itertools.count()

    @property
    def backlog(self) -> int:
        """How many lines wait to be written."""
        return self._lines.qsize()

    def send(self, message: Message) -> None:
        """Write the message after those sent before."""
        self._put(IN_TURN, framing.encode(message))

    def send_ahead(self, line: bytes) -> None:
        """Write an encoded message ahead of the pages that wait."""
        self._put(AHEAD, line)

    def close(self, bye: Bye, seconds: float) -> None:
        """Write what waits, then `bye`, and end; give up waiting for that after `seconds`."""
        self._put(LAST, framing.encode(bye))
        self.join(seconds)

    def run(self) -> None:
        """Write until `bye` is written."""
        turn = AHEAD
        while turn != LAST:
            turn, _, line = self._lines.get()
            rest = memoryview(line)
            with contextlib.suppress(OSError):  # nobody reads: stdin will end, or we are killed
                while rest:
                    rest = rest[os.write(self._fd, rest) :]

    def _put(self, turn: int, line: bytes) -> None:
        self._lines.put((turn, next(self._numbers), line))
