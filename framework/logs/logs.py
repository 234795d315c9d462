"""The supervisor's log while it runs: to stderr and to files, and nobody who logs ever waits."""

import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from pathlib import Path

from framework.logs import files, line, plain
from framework.logs.backlog import Backlog
from framework.logs.files import Files
from framework.logs.line import PREFIX, Entry
from framework.logs.settings import Logging
from framework.logs.stderr import STDERR, Stderr
from framework.logs.writer import Writer

FILES_ROOM = 64 * 1024 * 1024  # bytes that may wait for a disk
STDERR_ROOM = 16 * 1024 * 1024  # bytes that may wait for who reads stderr
STOP_SECONDS = 2.0  # for what waits to be written
ABOUT_FILES = "the files"  # an owner of lines on stderr; no identifier holds a space

Add = Callable[[str, bytes], None]


class Tap(logging.Handler):
    """Gives what is logged away, as an owner and a line."""

    def __init__(self, render: Callable[[Entry], str], add: Add):
        super().__init__()
        self._render = render
        self._add = add

    def emit(self, record: logging.LogRecord) -> None:
        """Give a record away, in this thread; `logging` lets one in at a time."""
        entry = line.entry(record)
        self._add(entry.integration or files.OWN, _line(self._render(entry)))

    def turn(self, add: Add) -> None:
        """Give lines to another one from now on."""
        self.acquire()
        try:
            self._add = add
        finally:
            self.release()


class Logs:
    """Writes everything that is logged to stderr and below the state folder, in `logs/`.

    The lines of the logger `integration.<identifier>` go to `<identifier>.log`, others to
    `supervisor.log`. What a full disk or a reader of stderr that does not read costs is lines.
    """

    def __init__(self, state: Path, settings: Logging, stderr: int = STDERR):
        self._state = state
        self._render = line.RENDER[settings.format]
        self._slow = Stderr(stderr)
        self._stderr = Writer(self._slow, Backlog(STDERR_ROOM), self._missing)
        self._files = Writer(
            Files(state, settings),
            Backlog(FILES_ROOM),
            self._missing,
            partial(sorted, key=attrgetter("owner")),
            self._tell_on_stderr,
        )
        self._last = Stderr(stderr)
        self._last.hurry()
        self._unsaid = 0
        self._tap = Tap(self._render, self._add)

    def start(self) -> None:
        """Log from now on to stderr and files, in the place of what `set_up` has put there."""
        root = logging.getLogger()
        for found in [one for one in root.handlers if isinstance(one, plain.Plain)]:
            root.removeHandler(found)
        root.addHandler(self._tap)
        plain.set_levels()
        self._files.start()
        self._stderr.start()

    def stop(self) -> None:
        """Write what waits, for 2 s at most; later lines go to stderr alone, at once or not."""
        deadline = time.monotonic() + STOP_SECONDS
        for writer in (self._files, self._stderr):
            writer.backlog.end()
        for writer in (self._files, self._stderr):
            writer.join(max(0.0, deadline - time.monotonic()))
        self._slow.hurry()
        self._tap.turn(self._say)
        while not self._stderr.is_alive() and (late := self._stderr.backlog.take(0)):
            for one in late:
                self._say(one.owner, one.data)

    @property
    def dropped(self) -> int:
        """How many lines have not reached a file, or not stderr."""
        shares = (*self._files.backlog.shares, *self._stderr.backlog.shares)
        return self._unsaid + sum(share.refused + share.failed for share in shares)

    def _add(self, owner: str, data: bytes) -> None:
        self._files.backlog.add(owner, data)
        self._stderr.backlog.add(owner, data)

    def _say(self, _owner: str, data: bytes) -> None:
        """Write a line when there are no writers any more."""
        try:
            self._last.write(files.OWN, deque([data]))
        except OSError:
            self._unsaid += 1

    def _missing(self, owner: str, count: int, reason: str) -> bytes:
        logger = f"{PREFIX}{owner}" if owner else files.SUPERVISOR
        said = f"{count} lines are missing here: {reason}"
        return _line(self._render(line.made(logger, logging.WARNING, said)))

    def _tell_on_stderr(self, owner: str, reason: str) -> None:
        where = files.path(self._state, owner)
        said = f"{where}: {reason}; lines are dropped and counted until it can be written to"
        entry = line.made(files.SUPERVISOR, logging.ERROR, said)
        self._stderr.backlog.add(ABOUT_FILES, _line(self._render(entry)))


def _line(text: str) -> bytes:
    return f"{text}\n".encode()
