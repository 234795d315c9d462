"""One mapper process, seen from the thread that owns it: a page in, its answer out, in budget."""

import contextlib
import os
import selectors
import sys
import time
from collections import deque
from pathlib import Path
from threading import Event

import psutil
from msgspec import Struct

from framework import process
from framework.errors import MappingError, ProcessGoneError, StoppedError
from framework.mapping.contract import Answer, Failed, Started, Translated
from framework.process import MARKER, Child
from framework.protocol.framing import Broken, Decoder, Lines, Oversized

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05  # how late the end of a budget, or a stop, is noticed
CHUNK = 65536  # bytes: the size of a pipe
LONGEST_ANSWER = 64 * 1024 * 1024  # bytes: eight times the largest page
LONGEST_WORD = 4096  # bytes of a line on stderr
LAST_WORDS = 5  # lines of stderr that may explain a death
BURIAL_SECONDS = 5.0


class Limits(Struct, frozen=True):
    """What one page may cost, in seconds; `wall` is for a machine that has other things to do."""

    cpu: float = 2.0
    wall: float = 30.0


class Mapper:
    """A running mapper. Only the thread that made it may use it: with that thread it dies."""

    def __init__(self, instance: str, limits: Limits):
        self._child = Child(
            process.bound([sys.executable, "-m", "framework.mapping.mapper"]),
            {**process.inherited(), "PYTHONPATH": str(ROOT), MARKER: f"{instance}/mapper"},
            ROOT,
        )
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            os.set_blocking(pipe.fileno(), False)
        try:
            self._budget = Budget(self._child.pid, limits)
        except OSError:  # others took the files that were left
            self.bury()
            raise
        self._decoder: Decoder[Answer] = Decoder(Answer)
        self._lines = Lines(LONGEST_ANSWER)
        self._errors = Lines(LONGEST_WORD)
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self._unsent = memoryview(b"")
        self._answer: Translated | Failed | None = None

    def alive(self) -> bool:
        """Tell whether it can be given a page."""
        return self._child.reap() is None

    def ask(self, line: bytes, stop: Event) -> Translated | Failed:
        """Send a page and return the answer to it.

        After any error the mapper must be buried: MappingError (the page is over its budget),
        ProcessGoneError (the mapper died by itself), StoppedError (it was interrupted).
        """
        self._unsent = memoryview(line)
        self._answer = None
        self._budget.begin()
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stderr, selectors.EVENT_READ, self._drain)
            selector.register(self._child.stdout, selectors.EVENT_READ, self._read)
            selector.register(self._child.stdin, selectors.EVENT_WRITE, self._write)
            while self._answer is None:
                for key, _ in selector.select(POLL_SECONDS):
                    if not key.data():
                        selector.unregister(key.fileobj)
                self._budget.check()
                if stop.is_set():
                    raise StoppedError("stopped while a page was being translated")
            return self._answer

    def bury(self) -> None:
        """Kill it and remove what is left of it."""
        self._child.kill()
        self._child.wait(BURIAL_SECONDS)
        self._child.close()

    # These three return whether there may be more to write or to read.

    def _write(self) -> bool:
        try:
            written = os.write(self._child.stdin.fileno(), self._unsent[:CHUNK])
        except BrokenPipeError as error:
            raise self._gone() from error
        self._unsent = self._unsent[written:]
        return len(self._unsent) > 0

    def _read(self) -> bool:
        chunk = os.read(self._child.stdout.fileno(), CHUNK)
        if not chunk:
            raise self._gone()
        for line in self._lines.feed(chunk):
            match self._decoder.decode(line):
                case Started():
                    self._budget.begin()
                case Translated() | Failed() as answer:
                    self._answer = answer
                case Broken(reason):
                    self._answer = Failed(f"the mapper's answer cannot be read: {reason}")
                case _:
                    self._answer = Failed("the mapper's answer cannot be read: it is no answer")
        return True

    def _drain(self) -> bool:
        chunk = os.read(self._child.stderr.fileno(), CHUNK)
        for line in self._errors.feed(chunk):
            raw = line.prefix if isinstance(line, Oversized) else line
            self._last_words.append(raw.decode(errors="replace"))
        return len(chunk) > 0

    def _gone(self) -> ProcessGoneError:
        status = self._child.wait(BURIAL_SECONDS)
        with contextlib.suppress(BlockingIOError):
            while self._drain():
                continue
        return ProcessGoneError(f"a mapper died, status {status}: {' '.join(self._last_words)}")


class Budget:
    """What one process has spent since `begin`."""

    def __init__(self, pid: int, limits: Limits):
        self._process = psutil.Process(pid)
        self._limits = limits
        self.begin()

    def begin(self) -> None:
        """Count from here."""
        self._cpu = self._spent()
        self._wall = time.monotonic()

    def check(self) -> None:
        """Raise MappingError, naming the limit, once one is exceeded."""
        if self._spent() - self._cpu > self._limits.cpu:
            raise MappingError(
                f"a page took more than {self._limits.cpu:g} s of computing; look in the mapping "
                "for an expression that never ends, or one that is slow on large items"
            )
        if time.monotonic() - self._wall > self._limits.wall:
            raise MappingError(
                f"a page took more than {self._limits.wall:g} s on the clock; look for what else "
                "keeps this machine busy"
            )

    def _spent(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system
