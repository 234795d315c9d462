"""The threads that empty a process's pipes: whatever happens, they never stop reading."""

import os
import select
import threading
import time
import weakref
from collections.abc import Callable

CHUNK = 65536  # bytes read at once, what a pipe holds
STARVED_SECONDS = 10.0  # a guard only: a machine so busy that a thread does not get its turn


class Budget:
    """Lets so many things through in each period and counts the rest."""

    def __init__(self, rate: int, seconds: float = 1.0):
        self._rate = rate
        self._seconds = seconds
        self._began = 0.0
        self._used = 0
        self._dropped = 0

    def allows(self, now: float) -> bool:
        """Take one from the budget of this period, or count it as dropped."""
        if now - self._began >= self._seconds:
            self._began, self._used = now, 0
        self._used += 1
        if self._used <= self._rate:
            return True
        self._dropped += 1
        return False

    def take_dropped(self) -> int:
        """Return how many were dropped since the last call."""
        dropped, self._dropped = self._dropped, 0
        return dropped


class Drain(threading.Thread):
    """Reads a pipe to its end, or until it is empty after `finish`; then calls `ended`."""

    def __init__(
        self,
        name: str,
        fd: int,
        feed: Callable[[bytes], None],
        ended: Callable[[], None] = lambda: None,
    ):
        super().__init__(name=name, daemon=True)
        self._fd = os.dup(fd)  # our own: the original may be closed before we end
        self._feed = feed
        self._ended = ended
        self._last = float("inf")  # when to end, even if more could be read
        self._finish = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._finish)
        os.set_blocking(self._fd, False)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self._poll.register(self._finish, select.POLLIN)

    def run(self) -> None:
        """Read on: a grandchild may hold the pipe open long after the process died."""
        try:
            while self._read():
                pass
            self._ended()
        finally:
            os.close(self._fd)

    def finish(self, seconds: float) -> None:
        """Let it read what is there, then end; a flood delays that by at most `seconds`.

        However late it comes to it: what was in the pipe when the process died is read.
        """
        self._last = time.monotonic() + seconds
        os.eventfd_write(self._finish, 1)
        self.join(seconds + STARVED_SECONDS)

    def _read(self) -> bool:
        self._poll.poll()
        try:
            chunk = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return False  # asked to finish, and nothing is left
        if chunk:
            self._feed(chunk)
        return bool(chunk) and time.monotonic() < self._last
