"""What a process writes to stderr: logged, and its last lines kept to explain a death."""

import logging
import time
from collections import deque

from framework import masking
from framework.masking import Hide, visible
from framework.protocol.framing import Lines, Oversized
from framework.texts import CUT
from framework.workers.session.pipes import Budget

STDERR_LINE = 4096  # bytes of one line that are kept
STDERR_RATE = 1000  # lines a second that are logged
TAIL = 20  # lines kept to explain a death
CAPTURED = 2000  # last lines kept of a capture


class ErrorLog:
    """Takes stderr in chunks; the drain feeds it, the owner reads it. `hide` takes secrets out."""

    def __init__(self, log: logging.Logger, hide: Hide = visible):
        self._log = log
        self._hide = hide
        longest = STDERR_LINE + masking.LONGEST  # secrets are hidden first, then the line is cut
        self._lines = Lines(longest, prefix=longest)
        self._budget = Budget(STDERR_RATE)
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._captured: deque[str] | None = None

    def feed(self, chunk: bytes) -> None:
        """Log every complete line, up to 1,000 a second."""
        for line in self._lines.feed(chunk):
            raw = line.prefix if isinstance(line, Oversized) else line
            text = self._hide(raw.decode(errors="replace"))
            self.write(text if len(text) <= STDERR_LINE else text[:STDERR_LINE] + CUT)

    def close(self) -> None:
        """Log a last line without a newline."""
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
        if (captured := self._captured) is not None:
            captured.append(text)
        if not self._budget.allows(time.monotonic()):
            return
        if dropped := self._budget.take_dropped():
            self._log.warning("%d lines dropped: more than %d a second", dropped, STDERR_RATE)
        self._log.info("%s", text)
