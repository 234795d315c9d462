"""What supervisors have in common, and what they say about processes that are killed."""

import signal
import time
from functools import partial
from typing import Any, Protocol

from msgspec import Struct

from bench.shared import processes
from bench.shared.house import Chronicle

SAY_SECONDS = 30.0


class Subject(Protocol):
    """A supervisor of idle processes that can be measured."""

    def start(self) -> Chronicle:
        """Start it; return what it says once all of its processes are up."""
        ...

    def settle(self) -> None:
        """Wait until nothing is left of its start."""
        ...

    def until_up(self) -> None:
        """Wait until all of its processes are up again."""
        ...

    @property
    def supervisor(self) -> list[int]:
        """The processes that supervise."""
        ...

    def pids(self) -> dict[str, int]:
        """Return the pid of each process by its name."""
        ...

    def status(self) -> Any:
        """Ask how everything is."""
        ...

    def delay(self, name: str, died: float) -> float:
        """Return how many seconds after a death it means to start the process again."""
        ...

    def died(self, name: str, line: str) -> bool:
        """Tell whether a line says that a process has died."""
        ...

    def started(self, name: str, line: str) -> bool:
        """Tell whether a line says that a process was started."""
        ...

    def end(self) -> None:
        """End it and its processes."""
        ...


class Death(Struct, frozen=True):
    """Seconds from a kill until it was known, and until there was a new process.

    How long the supervisor meant to wait before the new start is subtracted from the latter.
    """

    noticed: float
    replaced: float


def kill(subject: Subject, chronicle: Chronicle, name: str) -> Death:
    """Kill a process, and look when the supervisor says what about it."""
    pid = subject.pids()[name]
    killed = time.time()
    processes.kill(pid, signal.SIGKILL)
    died = chronicle.until(partial(subject.died, name), f"the death of {name}", SAY_SECONDS)
    delay = subject.delay(name, died)
    started = chronicle.until(partial(subject.started, name), f"{name} again", SAY_SECONDS)
    return Death(died - killed, started - killed - delay)
