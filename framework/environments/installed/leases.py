"""Leases: a shared lock on an environment's marker, held by the processes that run in it.

A process inherits the open file and with it the lock, so the lease lasts as long as the process,
even if the supervisor dies. A process that it forks holds the lease, too.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from framework.environments.environment import Environment
from framework.environments.installed import receipt

# An owner blocks for this long at most; others lock the marker only to look, or to move it.
PATIENCE_SECONDS = 0.2
POLL_SECONDS = 0.01


@contextmanager
def leased(environment: Environment) -> Iterator[tuple[int, ...]]:
    """Yield the open files that a process must inherit; mark the environment as used now.

    Raises OSError if the environment is gone or is being removed: it must be built again.
    """
    sdk = environment.msgspec / "../../.."  # <environment>/lib/python3.x/site-packages
    with ExitStack() as held:
        files = [held.enter_context(shared(path)) for path in (environment.path, sdk)]
        for file in files:
            with suppress(OSError):  # the disk is read-only: collection goes by older stamps
                os.utime(file)
        yield tuple(files)


@contextmanager
def shared(folder: Path) -> Iterator[int]:
    """Keep an environment from being removed or replaced; yield the open marker."""
    with _opened(folder) as number:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _locked(number, fcntl.LOCK_SH):
            if time.monotonic() > deadline:
                raise BlockingIOError(f"{folder} is being removed or replaced")
            time.sleep(POLL_SECONDS)
        if not os.path.samestat(os.fstat(number), (folder / receipt.NAME).stat()):
            raise FileNotFoundError(f"{folder} was replaced at this moment")
        yield number


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Tell whether the environment is unused; no process can start in it until the block ends."""
    with _opened(folder) as number:
        yield _locked(number, fcntl.LOCK_EX)


def in_use(folder: Path) -> bool:
    """Tell whether a process runs in the environment; one without a marker has no leases."""
    try:
        with alone(folder) as free:
            return not free
    except FileNotFoundError:
        return False


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    number = os.open(folder / receipt.NAME, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield number
    finally:
        os.close(number)


def _locked(number: int, sort: int) -> bool:
    try:
        fcntl.flock(number, sort | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
