"""The sandbox's process as the supervisor sees it: kept running on the same ports."""

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Literal

import msgspec
import psutil
from msgspec import Struct, structs

from framework import process
from framework.errors import FrameworkError
from framework.sandbox import respawn
from framework.sandbox.address import Address
from framework.sandbox.kafka.broker import PROGRAM
from framework.sandbox.respawn import Pauses

READY_SECONDS = 45.0
STOP_SECONDS = 15.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.1  # how long a death or a stop may go unnoticed
PAUSES = Pauses(first=1.0, longest=30.0, steady=60.0)

logger = logging.getLogger("sandbox")


class Status(Struct, frozen=True):
    """The state of the sandbox; `reason` says why it is down, `restarts` counts from 0."""

    state: Literal["starting", "ready", "down"] = "starting"
    reason: str | None = None
    restarts: int = 0
    address: Address | None = None


class SandboxProcess(threading.Thread):
    """Owns the sandbox's process: starts it, restarts it after each death, and stops it.

    `argv` is the sandbox's whole command line. `env` is its environment, by default ours: it reads
    the same config.yaml with the same variables.
    """

    def __init__(
        self, argv: Sequence[str], stop: threading.Event, env: Mapping[str, str] = os.environ
    ):
        super().__init__(name="sandbox process", daemon=True)
        self._argv = list(argv)
        self._env = dict(env)
        self._stop_asked = stop
        self._settled = threading.Event()
        self._last_words = ""
        self.status = Status()

    def ready(self, timeout: float) -> Address:
        """Wait for the address; raise FrameworkError if the first start fails or takes too long."""
        if not self._settled.wait(timeout):
            raise FrameworkError(f"the sandbox was not ready within {timeout:.0f} s; see its log")
        status = self.status
        if status.address is None:
            raise FrameworkError(f"the sandbox did not start: {status.reason}")
        return status.address

    def run(self) -> None:
        """Keep the sandbox running until the stop."""
        respawn.keep_running(self._live, self._report, self._stop_asked, PAUSES)
        self.status = structs.replace(self.status, state="down", reason="stopped")
        self._settled.set()

    def _live(self) -> str:
        """Run the sandbox once; return why it ended."""
        if self.status.state == "down":
            restarts = self.status.restarts + 1
            self.status = structs.replace(self.status, state="starting", restarts=restarts)
        _reap_broker()
        child = process.Child(process.bound(self._argv), self._env, Path.cwd())
        lines: queue.Queue[bytes] = queue.Queue()
        readers = [
            threading.Thread(target=_forward, args=(child.stdout, lines), daemon=True),
            threading.Thread(target=self._log, args=(child.stderr,), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            self._await_address(child, lines)
            while child.wait(POLL_SECONDS) is None and not self._stop_asked.is_set():
                continue
        finally:
            child.stop()
            status = child.wait(STOP_SECONDS)
            if status is None:
                child.kill()
                status = child.wait(KILL_SECONDS)
            for reader in readers:
                reader.join(KILL_SECONDS)
            child.close()
        words = f"; it said: {self._last_words}" if self._last_words else ""
        return f"it ended with status {status}{words}"

    def _await_address(self, child: process.Child, lines: queue.Queue[bytes]) -> None:
        """Wait for the line with the address; kill a sandbox that does not print it in time."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._stop_asked.is_set():
            with contextlib.suppress(queue.Empty):
                self._take_address(lines.get(timeout=POLL_SECONDS))
                return
            if child.reap() is not None:
                return
            if time.monotonic() > deadline:
                logger.warning("not ready within %.0f s; killing it", READY_SECONDS)
                child.kill()
                return

    def _take_address(self, line: bytes) -> None:
        try:
            found = msgspec.json.decode(line, type=Address)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            logger.warning("printed %r instead of its address", line[:200])
            return
        if self.status.address not in {None, found}:
            logger.error(
                "the sandbox is now at %s and %s: its ports were taken; restart the supervisor",
                found.url,
                found.kafka,
            )
        self.status = structs.replace(self.status, state="ready", reason=None, address=found)
        self._settled.set()

    def _report(self, reason: str, pause: float) -> None:
        logger.warning("the sandbox is down: %s; starting it again in %.0f s", reason, pause)
        self.status = structs.replace(self.status, state="down", reason=reason)
        self._settled.set()

    def _log(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            text = line.decode(errors="replace").rstrip()
            self._last_words = text or self._last_words
            logger.info("%s", text)


def _reap_broker() -> None:
    """Reap the broker of a sandbox that was killed: it died, too, and we adopted it."""
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error, ChildProcessError):
            if child.name() == PROGRAM and child.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(child.pid, os.WNOHANG)


def _forward(pipe: IO[bytes], lines: queue.Queue[bytes]) -> None:
    for line in pipe:
        lines.put(line)
