"""The two threads that empty a process's pipes: whatever happens, they never stop reading."""

import logging
import os
import select
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable

from framework.protocol.framing import Lines, Oversized

CHUNK = 65536  # bytes read at once
STDERR_LINE = 64 * 1024  # bytes of one line that are kept
STDERR_RATE = 1000  # lines a second that are logged
TAIL = 20  # lines kept to explain a death
CAPTURED = 2000  # lines kept of what was asked for


class Budget:
    """How many things a second are let through; the rest is counted."""

    def __init__(self, rate: int, seconds: float = 1.0):
        self._rate = rate
        self._seconds = seconds
        self._began = 0.0
        self._used = 0
        self.dropped = 0

    def allows(self, now: float) -> bool:
        """Take one from the budget of this second, or count it as dropped."""
        if now - self._began >= self._seconds:
            self._began, self._used = now, 0
        self._used += 1
        if self._used <= self._rate:
            return True
        self.dropped += 1
        return False


class Drain(threading.Thread):
    """Read a pipe to its end, or, once told to finish, until it is empty; then call `ended`."""

    def __init__(
        self,
        name: str,
        fd: int,
        feed: Callable[[bytes], None],
        ended: Callable[[], None] = lambda: None,
    ):
        super().__init__(name=name, daemon=True)
        self._fd = os.dup(fd)  # our own: the other may be closed before we have ended
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
            while self._wait() and self._read():
                pass
            self._ended()
        finally:
            os.close(self._fd)

    def finish(self, seconds: float) -> None:
        """Let it read what is there, then end; a flood must not hold it longer than `seconds`."""
        self._last = time.monotonic() + seconds
        os.eventfd_write(self._finish, 1)
        self.join(2 * seconds)

    def _wait(self) -> bool:
        self._poll.poll()
        return time.monotonic() < self._last

    def _read(self) -> bool:
        try:
            chunk = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return False  # told to finish, and nothing is left
        if chunk:
            self._feed(chunk)
        return bool(chunk)


class ErrorLog:
    """What a process writes to stderr, line by line into the log, and its last lines."""

    def __init__(self, log: logging.Logger):
        self._log = log
        self._lines = Lines(STDERR_LINE)
        self._budget = Budget(STDERR_RATE)
        self._told = 0
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._captured: deque[str] | None = None

    def feed(self, chunk: bytes) -> None:
        """Log every complete line, up to 1,000 a second."""
        for line in self._lines.feed(chunk):
            raw = line.prefix if isinstance(line, Oversized) else line
            self.write(raw.decode(errors="replace"))

    def close(self) -> None:
        """Log a last line that no newline ended."""
        if self._lines.partial:
            self.feed(b"\n")

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines; a copy, since the drain may not have ended."""
        return tuple(self._tail)

    @property
    def last_line(self) -> str:
        """The last line that says something; the best guess at why a process died."""
        return next((line.strip() for line in reversed(self.tail) if line.strip()), "")

    def capture(self) -> None:
        """Keep what is written from now on."""
        self._captured = deque(maxlen=CAPTURED)

    def captured(self) -> list[str]:
        """Return what was written since `capture`."""
        lines, self._captured = self._captured, None
        return list(lines or ())

    def write(self, text: str) -> None:
        """Log one line, and how many were dropped before it."""
        self._tail.append(text)
        captured = self._captured
        if captured is not None:
            captured.append(text)
        if not self._budget.allows(time.monotonic()):
            return
        if dropped := self._budget.dropped - self._told:
            self._log.warning("%d lines dropped: more than %d a second", dropped, STDERR_RATE)
            self._told = self._budget.dropped
        self._log.info("%s", text)
