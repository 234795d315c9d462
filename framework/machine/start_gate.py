"""Whose turn it is to start: a machine that starts 200 processes at once starts none in time."""

import os
import queue
import threading
import time
from collections.abc import Callable

from msgspec import Struct

AT_ONCE = max(4, 2 * (os.cpu_count() or 1))
TURN_SECONDS = 5.0  # one who takes longer is not waited for: it may hang
IDLE_SECONDS = 60.0  # a guard only: who asks or leaves ends the wait


class Ask(Struct, frozen=True):
    """An integration would start its process; `granted` is called once it may."""

    identifier: str
    granted: Callable[[], None]


class Leave(Struct, frozen=True):
    """An integration has started its process, or no longer wants to."""

    identifier: str


class StartGate(threading.Thread):
    """Grant turns in the order in which they were asked for; asking and leaving never block."""

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
        self._starting: dict[str, float] = {}  # until when it is waited for

    def ask(self, identifier: str, granted: Callable[[], None]) -> None:
        """Have `granted` called, in another thread, once it is this integration's turn."""
        self._requests.put(Ask(identifier, granted))

    def leave(self, identifier: str) -> None:
        """Let the next one begin; nothing happens where there is no turn to give back."""
        self._requests.put(Leave(identifier))

    def close(self) -> None:
        """End; who still waits is not heard."""
        self._requests.put(None)

    def run(self) -> None:
        """Grant turns until closed."""
        while True:
            try:
                request = self._requests.get(timeout=self._pause)
            except queue.Empty:
                self._grant()
                continue
            if request is None:
                return
            self._note(request)
            self._grant()

    @property
    def _pause(self) -> float:
        """How long to wait for requests: until the first turn ends, if someone waits for it."""
        if not self._waiting:
            return IDLE_SECONDS
        return max(0.0, min(self._starting.values(), default=0.0) - self._clock())

    def _note(self, request: Ask | Leave) -> None:
        match request:
            case Ask(identifier, granted):
                self._waiting[identifier] = granted
            case Leave(identifier):
                self._waiting.pop(identifier, None)
                self._starting.pop(identifier, None)

    def _grant(self) -> None:
        now = self._clock()
        self._starting = {name: until for name, until in self._starting.items() if until > now}
        while self._waiting and len(self._starting) < self._most:
            identifier = next(iter(self._waiting))
            granted = self._waiting.pop(identifier)
            self._starting[identifier] = now + self._turn
            granted()
