"""Turns: one build of a key at a time, across threads and processes, by locking a file."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import IO

from framework.errors import BuildUnavailableError, StoppedError

POLL_SECONDS = 0.1  # how long the end of another build may go unnoticed
LONGEST_WAIT = 1800.0  # seconds; three steps of a build at their limit


@contextmanager
def held(
    path: Path, stop: Event, waiting: Callable[[], None], *, seconds: float = LONGEST_WAIT
) -> Iterator[None]:
    """Lock the file; call `waiting` once if another holds it. Raises BuildUnavailableError."""
    with path.open("a") as file:
        if not taken(file):
            waiting()
            _wait(file, stop, time.monotonic() + seconds)
        yield


def taken(file: IO[str]) -> bool:
    """Take the lock if it is free; closing the file, or the death of the process, frees it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(file: IO[str], stop: Event, deadline: float) -> None:
    while not taken(file):
        if stop.wait(POLL_SECONDS):
            raise StoppedError("stopped while another build of the same environment ran")
        if time.monotonic() > deadline:
            raise BuildUnavailableError(
                f"another process has not finished the same environment: `fuser {file.name}` "
                "names it. End it, or wait and start again."
            )
