"""An author's log lines, limited in rate and size; lines over a limit are dropped and counted."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from framework.protocol import framing, messages
from framework.sdk.writer import Writer

Level = Literal["debug", "info", "warning", "error"]

RATE = 100  # lines a second
LINE_LIMIT = 8 * 1024  # bytes of one line
BACKLOG_LIMIT = 200  # lines that wait for the supervisor to read


class Log:
    """Lines go to the supervisor once it is connected, to stderr before and after that."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._writer: Writer | None = None
        self._pid = 0
        self._second = float("-inf")
        self._lines = 0
        self._dropped = 0

    def debug(self, message: str, /, **fields: Any) -> None:
        """Log what helps to find a fault."""
        self._add("debug", message, fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Log a change of state."""
        self._add("info", message, fields)

    def warning(self, message: str, /, **fields: Any) -> None:
        """Log a problem that was coped with."""
        self._add("warning", message, fields)

    def error(self, message: str, /, **fields: Any) -> None:
        """Log a problem that someone must act on."""
        self._add("error", message, fields)

    def connect(self, writer: Writer) -> None:
        """Send lines from now on; a forked child has no writer thread and still prints them."""
        self._writer, self._pid = writer, os.getpid()

    def disconnect(self) -> None:
        """Print lines from now on."""
        self._writer = None

    def _add(self, level: Level, message: str, fields: dict[str, Any]) -> None:
        writer = self._writer
        if writer is None or self._pid != os.getpid():
            words = [f"{level}: {message}", *(f"{name}={fields[name]!r}" for name in fields)]
            sys.stderr.write(" ".join(words) + "\n")
            return
        line = _encoded(level, message, fields, self._dropped)
        if len(line) > LINE_LIMIT or writer.backlog >= BACKLOG_LIMIT or not self._within_rate():
            self._dropped += 1
            return
        self._dropped = 0
        writer.send_ahead(line)

    def _within_rate(self) -> bool:
        now = self._clock()
        if now - self._second >= 1:
            self._second, self._lines = now, 0
        self._lines += 1
        return self._lines <= RATE


def _encoded(level: Level, message: str, fields: dict[str, Any], dropped: int) -> bytes:
    text = str(message).encode(errors="backslashreplace").decode()
    try:
        plain = msgspec.to_builtins(fields, str_keys=True, enc_hook=repr)
        return framing.encode(messages.Log(level, text, plain, dropped))
    except (TypeError, ValueError, RecursionError):  # a log line must not fail the work
        shown = {name: repr(value) for name, value in fields.items()}
        return framing.encode(messages.Log(level, text, shown, dropped))
