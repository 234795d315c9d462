"""What a running supervisor logs and prints; neither a disk nor a reader can block it."""

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
from framework.logs.stream import STDERR, STDOUT, Stream
from framework.logs.writer import Writer
from framework.masking import Masks

FILES_ROOM = 64 * 1024 * 1024  # bytes that may wait for a disk
STDERR_ROOM = 16 * 1024 * 1024  # bytes that may wait for the reader of stderr
STDOUT_ROOM = 64 * 1024  # bytes that may wait for the reader of stdout
STOP_SECONDS = 2.0  # to write the lines that wait
ABOUT_FILES = "the files"  # owns lines about the files; no identifier has a space

log = logging.getLogger(files.SUPERVISOR)

Add = Callable[[str, bytes], None]


class Tap(logging.Handler):
    """Passes on what is logged, as an owner and a line."""

    def __init__(self, render: Callable[[Entry], str], masks: Masks, add: Add):
        super().__init__()
        self._masks = masks
        self._render = render
        self._add = add

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on, in this thread; `logging` allows one thread at a time."""
        owner = line.owner(record.name)
        hide = partial(self._masks.hide, owner) if owner else self._masks.hide_all
        entry = line.entry(record, hide)
        self._add(entry.integration or files.OWN, _line(self._render(entry)))

    def redirect(self, add: Add) -> None:
        """Pass lines to another function from now on."""
        self.acquire()
        try:
            self._add = add
        finally:
            self.release()


class Logs:
    """Writes everything that is logged to stderr and below the state folder, in `logs/`.

    The lines of the logger `integration.<identifier>` go to `<identifier>.log`, others to
    `supervisor.log`. What is printed goes to stdout. A full disk, or a pipe that nobody reads,
    costs lines and nothing else. Secrets that `masks` knows are hidden.
    """

    def __init__(
        self,
        state: Path,
        settings: Logging,
        masks: Masks,
        stderr: int = STDERR,
        stdout: int = STDOUT,
    ):
        self._state = state
        self._render = line.RENDER[settings.format]
        self._slow = Stream(stderr)
        self._stderr = Writer(self._slow, Backlog(STDERR_ROOM), self._missing)
        self._stdout = Writer(
            Stream(stdout),
            Backlog(STDOUT_ROOM),
            lambda _owner, count, reason: _line(f"{count} lines are missing here: {reason}"),
            failing=_report_stdout,
        )
        self._files = Writer(
            Files(state, settings),
            Backlog(FILES_ROOM),
            self._missing,
            partial(sorted, key=attrgetter("owner")),
            self._report_failure,
        )
        self._last = Stream(stderr)
        self._last.hurry()
        self._unwritten = 0
        self._tap = Tap(self._render, masks, self._add)

    def start(self) -> None:
        """Log to stderr and files from now on, instead of through the handler of `set_up`."""
        root = logging.getLogger()
        for found in [one for one in root.handlers if isinstance(one, plain.Plain)]:
            root.removeHandler(found)
        root.addHandler(self._tap)
        plain.set_levels()
        for writer in (self._files, self._stderr, self._stdout):
            writer.start()

    def print(self, text: str) -> None:
        """Print a line on stdout; only one thread may do so."""
        self._stdout.backlog.add(files.OWN, _line(text))

    def stop(self) -> None:
        """Write the lines that wait, for 2 s at most; later ones go to stderr if it has room."""
        deadline = time.monotonic() + STOP_SECONDS
        writers = (self._files, self._stderr, self._stdout)
        for writer in writers:
            writer.backlog.end()
        for writer in writers:
            writer.join(max(0.0, deadline - time.monotonic()))
        self._slow.hurry()
        self._tap.redirect(self._write_late)
        while not self._stderr.is_alive() and (late := self._stderr.backlog.take(0)):
            for one in late:
                self._write_late(one.owner, one.data)

    @property
    def dropped(self) -> int:
        """How many lines did not reach a file, or did not reach stderr."""
        shares = (*self._files.backlog.shares, *self._stderr.backlog.shares)
        return self._unwritten + sum(share.refused + share.failed for share in shares)

    def _add(self, owner: str, data: bytes) -> None:
        self._files.backlog.add(owner, data)
        self._stderr.backlog.add(owner, data)

    def _write_late(self, _owner: str, data: bytes) -> None:
        """Write a line to stderr after the writers have ended."""
        try:
            self._last.write(files.OWN, deque([data]))
        except OSError:
            self._unwritten += 1

    def _missing(self, owner: str, count: int, reason: str) -> bytes:
        logger = f"{PREFIX}{owner}" if owner else files.SUPERVISOR
        text = f"{count} lines are missing here: {reason}"
        return _line(self._render(line.made(logger, logging.WARNING, text)))

    def _report_failure(self, owner: str, reason: str) -> None:
        path = files.path(self._state, owner)
        text = f"{path}: {reason}; lines are dropped and counted until it can be written to"
        entry = line.made(files.SUPERVISOR, logging.ERROR, text)
        self._stderr.backlog.add(ABOUT_FILES, _line(self._render(entry)))


def _report_stdout(_owner: str, reason: str) -> None:
    log.warning("stdout: %s; what is printed there is lost until it can be written to", reason)


def _line(text: str) -> bytes:
    return f"{text}\n".encode()
