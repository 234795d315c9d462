"""One at a time: turns, handed out by a thread, so that nobody waits holding a lock."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from framework.errors import StoppedError

LOOK_SECONDS = 0.2  # how long a stop may go unnoticed while waiting for a turn


class Turn:
    """One integration's turn: it may begin, it is over."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.over = threading.Event()


class Turns(threading.Thread):
    """Grant turns in the order in which they were asked for."""

    def __init__(self, stop: threading.Event):
        super().__init__(name="turns", daemon=True)
        self._stop_asked = stop
        self._asked: queue.Queue[Turn] = queue.Queue()

    def run(self) -> None:
        """Grant one turn after the other until stopped."""
        while not self._stop_asked.is_set():
            try:
                turn = self._asked.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            turn.begun.set()
            while not turn.over.wait(LOOK_SECONDS):
                if self._stop_asked.is_set():
                    return

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it; raise StoppedError on a stop."""
        turn = Turn()
        self._asked.put(turn)
        try:
            while not turn.begun.wait(LOOK_SECONDS):
                if self._stop_asked.is_set():
                    raise StoppedError("stopped while waiting for its turn")
            yield
        finally:
            turn.over.set()
