"""Lets few processes start at a time: of 200 started at once, none would be ready in time."""

import os
import queue
import threading
import time
from collections.abc import Callable

from msgspec import Struct

AT_ONCE = max(4, 2 * (os.cpu_count() or 1))
TURN_SECONDS = 5.0  # after that the next may start: this one may hang
IDLE_SECONDS = 60.0  # a guard only: every request ends the wait


class Ask(Struct, frozen=True):
    """An integration wants to start its process; `granted` is called once it may."""

    identifier: str
    granted: Callable[[], None]


class Leave(Struct, frozen=True):
    """An integration's process is ready or gone, or is not wanted any more."""

    identifier: str


class StartGate(threading.Thread):
    """Grants turns in the order of the requests; `ask` and `leave` never block."""

    def __init__(
        self,
        most: int = AT_ONCE,
        turn: float = TURN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ):
        super().__init__(name="start-gate", daemon=True)
        self._most = most
        self._turn = turn
        self._clock = clock
        self._requests: queue.SimpleQueue[Ask | Leave | None] = queue.SimpleQueue()
        self._waiting: dict[str, Callable[[], None]] = {}
        self._starting: dict[str, float] = {}  # until when each has its turn

    def ask(self, identifier: str, granted: Callable[[], None]) -> None:
        """Have `granted` called in the gate's thread, once it is this integration's turn."""
        self._requests.put(Ask(identifier, granted))

    def leave(self, identifier: str) -> None:
        """Give the turn or the place in the queue back, if there is one."""
        self._requests.put(Leave(identifier))

    def close(self) -> None:
        """End; requests that still wait are dropped."""
        self._requests.put(None)

    def run(self) -> None:
        """Grant turns until closed."""
        while True:
            try:
                request = self._requests.get(timeout=self._pause)
            except queue.Empty:
                self._grant()
                continue
            match request:
                case Ask(identifier, granted):
                    self._waiting[identifier] = granted
                case Leave(identifier):
                    self._waiting.pop(identifier, None)
                    self._starting.pop(identifier, None)
                case None:
                    return
            self._grant()

    @property
    def _pause(self) -> float:
        """The seconds to wait for requests: until the first turn ends, if another waits for it."""
        if not self._waiting:
            return IDLE_SECONDS
        return max(0.0, min(self._starting.values(), default=0.0) - self._clock())

    def _grant(self) -> None:
        now = self._clock()
        self._starting = {name: until for name, until in self._starting.items() if until > now}
        while self._waiting and len(self._starting) < self._most:
            identifier = next(iter(self._waiting))
            granted = self._waiting.pop(identifier)
            self._starting[identifier] = now + self._turn
            granted()
