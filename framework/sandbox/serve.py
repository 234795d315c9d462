"""The sandbox's process: a local Port and a local broker until the stop."""

import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from framework import files
from framework.errors import ConfigError, FrameworkError
from framework.sandbox.assembly import Parts, running
from framework.sandbox.settings import Sandbox

FOLDER = "sandbox"
READY_SECONDS = 30.0
POLL_SECONDS = 0.2  # how long a thread's end may go unnoticed
BOOT_POLL_SECONDS = 0.02


def serve(settings: Sandbox, folder: Path) -> None:
    """Run the sandbox until SIGTERM or SIGINT; its state is in `<folder>/sandbox`.

    Once Port and the broker are ready, it prints its address as one JSON line on stdout. Raises
    ConfigError where the configuration is wrong, else FrameworkError.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    logging.getLogger("kafka").setLevel(logging.WARNING)  # it logs each connection
    with _held(folder / FOLDER), running(settings, folder / FOLDER) as parts:
        if not becomes_ready(parts, stop):
            return
        sys.stdout.write(msgspec.json.encode(parts.address).decode() + "\n")
        sys.stdout.flush()
        while not stop.wait(POLL_SECONDS):
            parts.check()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep a second sandbox out of the folder."""
    try:
        files.make_private(folder)
        lock = files.take(folder / "lock")
    except BlockingIOError as error:
        raise ConfigError(
            f"{folder} belongs to the sandbox with pid {error.strerror}; stop that one (if `run` "
            "started it, stop `run`), or name another folder with --state"
        ) from None
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}; name another with --state") from error
    with lock:
        yield


def becomes_ready(parts: Parts, stop: threading.Event, seconds: float = READY_SECONDS) -> bool:
    """Wait for Port and the broker; return False if a stop comes first."""
    deadline = time.monotonic() + seconds
    while not parts.ready():
        parts.check()
        if time.monotonic() > deadline:
            raise FrameworkError(
                f"the broker at {parts.address.kafka} did not take connections within "
                f"{seconds:.0f} s; the log says why"
            )
        if stop.wait(BOOT_POLL_SECONDS):
            return False
    return True
