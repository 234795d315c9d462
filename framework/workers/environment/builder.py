"""Environment work that blocks, kept off the owner's thread: looking, building, noting."""

import enum
import logging
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec import Struct

from framework import backoff
from framework.environments import Environment
from framework.environments.installed import current
from framework.environments.installed.current import Current
from framework.errors import FrameworkError, RequirementsError, StoppedError
from framework.workers.notes import Built
from framework.workers.states import Building, Unbuilt, Unwanted

GUARD_SECONDS = 300.0  # a guard: the input watch normally notices a change first
FINISH_SECONDS = 300.0  # how long a change waits for the delivery in work
FIRST_RETRY = 10.0  # seconds after a build failed
SLOWEST_RETRY = 600.0  # seconds

Build = Callable[[threading.Event, Callable[[str], None]], Environment]


class Supply(Struct, frozen=True):
    """Where an integration's environments come from.

    `build` makes the one for the current inputs. `fingerprint` is cheap and changes when another
    may be needed; it is taken every `every` seconds. `inputs` names what both of them read. `file`
    is where the one in use is noted. A delivery delays a change by at most `finish` seconds.
    """

    build: Build
    fingerprint: Callable[[], str]
    file: Path
    every: float = GUARD_SECONDS
    finish: float = FINISH_SECONDS
    inputs: str = ""
    clock: Callable[[], float] = time.monotonic


class Request(enum.Enum):
    """What an owner asks of its builder."""

    BUILD = enum.auto()
    LOOK = enum.auto()
    CLOSE = enum.auto()


class Tries(Struct, frozen=True):
    """The fingerprint that was built last, and how often that failed; `retry_at` is monotonic."""

    fingerprint: str | None = None
    failures: int = 0
    retry_at: float | None = None

    def due(self, fingerprint: str, now: float) -> bool:
        """Tell whether inputs with this fingerprint must be built now."""
        if fingerprint != self.fingerprint:
            return True
        return self.retry_at is not None and now >= self.retry_at

    def wait(self, now: float, longest: float) -> float:
        """Return the seconds until the next look, at most `longest`."""
        return longest if self.retry_at is None else max(0.0, min(longest, self.retry_at - now))

    def failed(self, fingerprint: str, now: float) -> "Tries":
        """Wait for other inputs, or 10 s doubling to 10 min."""
        failures = self.failures + 1 if fingerprint == self.fingerprint else 1
        wait = backoff.delay(failures, first=FIRST_RETRY, cap=SLOWEST_RETRY)
        return Tries(fingerprint, failures, now + wait)


class Builder(threading.Thread):
    """Builds when asked, and whenever the fingerprint changes; the outcome goes to `put`.

    While it is held, it neither looks nor builds.
    """

    def __init__(
        self,
        supply: Supply,
        put: Callable[[Building | Built | Unbuilt | Unwanted], None],
        log: logging.Logger,
    ):
        super().__init__(name=f"build/{supply.file.stem}", daemon=True)
        self._supply = supply
        self._put = put
        self._held = threading.Event()
        self._log = log
        self._tries = Tries()
        self._requests: queue.SimpleQueue[Request | Current] = queue.SimpleQueue()

    def pass_over(self, fingerprint: str) -> None:
        """Do not build these inputs until they change; only before the start."""
        self._tries = Tries(fingerprint)

    def ask(self) -> None:
        """Request the environment for the current inputs; it is built if need be."""
        self._requests.put(Request.BUILD)

    def look(self) -> None:
        """Request a look at the current inputs, and a build if they are new."""
        self._requests.put(Request.LOOK)

    def hold(self) -> None:
        """Build nothing until released; a build that runs is ended."""
        self._held.set()

    def release(self) -> None:
        """Build again."""
        self._held.clear()

    def note(self, state: Current) -> None:
        """Request that the environment in use be noted on disk."""
        self._requests.put(state)

    def close(self) -> None:
        """End after the pending requests; a build that runs is ended."""
        self.hold()
        self._requests.put(Request.CLOSE)

    def run(self) -> None:
        """Work until closed."""
        while True:
            try:
                request = self._requests.get(timeout=self._wait)
            except queue.Empty:
                request = Request.LOOK
            match request:
                case Request.CLOSE:
                    return
                case Current():
                    self._write(request)
                case Request.BUILD | Request.LOOK:
                    self._consider(request)

    @property
    def _wait(self) -> float:
        """The seconds until the next look without a request."""
        every = self._supply.every
        return every if self._held.is_set() else self._tries.wait(self._supply.clock(), every)

    def _consider(self, request: Request) -> None:
        if self._held.is_set():
            return
        fingerprint = self._fingerprint()
        if request is Request.BUILD or self._tries.due(fingerprint, self._supply.clock()):
            self._prepare(fingerprint)

    def _fingerprint(self) -> str:
        try:
            return self._supply.fingerprint()
        except Exception as error:  # noqa: BLE001 - the build reports better what is wrong with its inputs
            return f"unknown: {error!r}"

    def _prepare(self, fingerprint: str) -> None:
        self._put(Building())
        try:
            environment = self._supply.build(self._held, partial(self._log.info, "%s"))
        except StoppedError:
            self._tries = Tries()  # so that the next look finds them due
            self._put(Unwanted())
        except RequirementsError as error:
            self._tries = Tries(fingerprint)
            self._put(Unbuilt(str(error), None))
        except FrameworkError as error:
            self._failed(fingerprint, str(error))
        except Exception as error:  # noqa: BLE001 - BUILDING for ever would be a lie in the status
            self._log.exception("the build failed unexpectedly")
            self._failed(fingerprint, f"unexpected: {error!r}")
        else:
            self._tries = Tries(fingerprint)
            self._put(Built(environment, fingerprint))

    def _failed(self, fingerprint: str, reason: str) -> None:
        now = self._supply.clock()
        self._tries = self._tries.failed(fingerprint, now)
        self._put(Unbuilt(reason, (self._tries.retry_at or now) - now))

    def _write(self, state: Current) -> None:
        try:
            current.write(self._supply.file, state)
        except OSError as error:
            self._log.warning(
                "%s cannot be written: %s; a restart will not know the environment in use",
                self._supply.file,
                error.strerror,
            )
