"""What an owner must not wait for about environments: looking for changes, building, noting."""

import enum
import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from framework import backoff
from framework.environments import Environment
from framework.environments.installed import current
from framework.environments.installed.current import Current
from framework.errors import FrameworkError, RequirementsError
from framework.workers.notes import Built
from framework.workers.states import Building, Unbuilt

GUARD_SECONDS = 300.0  # how long a change goes unnoticed by a lookout that hangs
FINISH_SECONDS = 300.0  # how long a change waits for the delivery in work
FIRST_RETRY = 10.0  # seconds after a build failed
SLOWEST_RETRY = 600.0  # seconds

Build = Callable[[threading.Event, Callable[[str], None]], Environment]


class Supply(Struct, frozen=True):
    """Where an integration's environments come from.

    `build` makes the one for today's inputs, `fingerprint` is cheap and changes when another one
    may be needed; `file` is where the one in use is noted; `inputs` names what both look at. It
    is asked `every` so many seconds; the delivery in work has `finish` seconds before a change.
    """

    build: Build
    fingerprint: Callable[[], str]
    file: Path
    every: float = GUARD_SECONDS
    finish: float = FINISH_SECONDS
    inputs: str = ""
    clock: Callable[[], float] = time.monotonic


class Request(enum.Enum):
    """What an owner asks for."""

    BUILD = enum.auto()
    LOOK = enum.auto()
    CLOSE = enum.auto()


class Tries(Struct, frozen=True):
    """When to build: the fingerprint that was dealt with last, and whether that failed.

    `retry_at` is in seconds of the monotonic clock.
    """

    fingerprint: str | None = None
    failures: int = 0
    retry_at: float | None = None

    def due(self, fingerprint: str, now: float) -> bool:
        """Tell whether inputs with this fingerprint must be dealt with now."""
        if fingerprint != self.fingerprint:
            return True
        return self.retry_at is not None and now >= self.retry_at

    def wait(self, now: float, longest: float) -> float:
        """Return after how many seconds to look again, at most `longest`."""
        return longest if self.retry_at is None else max(0.0, min(longest, self.retry_at - now))

    def failed(self, fingerprint: str, now: float) -> "Tries":
        """Wait for other inputs, or 10 s doubling to 10 min."""
        failures = self.failures + 1 if fingerprint == self.fingerprint else 1
        wait = backoff.delay(failures, first=FIRST_RETRY, cap=SLOWEST_RETRY)
        return Tries(fingerprint, failures, now + wait)


class Builder(threading.Thread):
    """Asked, and whenever the fingerprint changes, it builds; the outcome goes to `put`."""

    def __init__(
        self,
        supply: Supply,
        put: Callable[[Building | Built | Unbuilt], None],
        stopping: threading.Event,
        log: logging.Logger,
    ):
        super().__init__(name=f"build/{supply.file.stem}", daemon=True)
        self._supply = supply
        self._put = put
        self._stopping = stopping
        self._log = log
        self._tries = Tries()
        self._requests: queue.SimpleQueue[Request | Current] = queue.SimpleQueue()

    def pass_over(self, fingerprint: str) -> None:
        """Leave inputs alone until they change; before the start."""
        self._tries = Tries(fingerprint)

    def ask(self) -> None:
        """Have the environment for today's inputs looked for, built if need be."""
        self._requests.put(Request.BUILD)

    def look(self) -> None:
        """Have today's inputs looked at, and dealt with if they are new."""
        self._requests.put(Request.LOOK)

    def note(self, state: Current) -> None:
        """Have the environment in use noted."""
        self._requests.put(state)

    def close(self) -> None:
        """End after what was asked for; `stopping` ends a build."""
        self._requests.put(Request.CLOSE)

    def run(self) -> None:
        """Work until closed."""
        while (request := self._next()) is not Request.CLOSE:
            match request:
                case Current():
                    self._write(request)
                case Request.BUILD:
                    self._prepare(self._fingerprint())
                case Request.LOOK | None:
                    self._look()

    def _next(self) -> Request | Current | None:
        try:
            wait = self._tries.wait(self._supply.clock(), self._supply.every)
            return self._requests.get(timeout=wait)
        except queue.Empty:
            return None

    def _look(self) -> None:
        fingerprint = self._fingerprint()
        if self._tries.due(fingerprint, self._supply.clock()):
            self._prepare(fingerprint)

    def _fingerprint(self) -> str:
        try:
            return self._supply.fingerprint()
        except Exception as error:  # noqa: BLE001 - the build says better what is wrong with its inputs
            return f"unknown: {error!r}"

    def _prepare(self, fingerprint: str) -> None:
        if self._stopping.is_set():
            return
        self._put(Building())
        try:
            environment = self._supply.build(self._stopping, self._say)
        except RequirementsError as error:
            self._tries = Tries(fingerprint)
            self._put(Unbuilt(str(error), None))
        except FrameworkError as error:
            self._failed(fingerprint, str(error))
        except Exception as error:  # noqa: BLE001 - an owner waiting for ever would be a lie in the status
            self._log.exception("the build failed unexpectedly")
            self._failed(fingerprint, f"unexpected: {error!r}")
        else:
            self._tries = Tries(fingerprint)
            self._put(Built(environment, fingerprint))

    def _failed(self, fingerprint: str, reason: str) -> None:
        if self._stopping.is_set():
            return
        now = self._supply.clock()
        self._tries = self._tries.failed(fingerprint, now)
        self._put(Unbuilt(reason, (self._tries.retry_at or now) - now))

    def _say(self, line: str) -> None:
        self._log.info("%s", line)

    def _write(self, state: Current) -> None:
        try:
            current.write(self._supply.file, state)
        except OSError as error:
            self._log.warning(
                "%s cannot be written: %s; a restart will not know the environment in use",
                self._supply.file,
                error.strerror,
            )
