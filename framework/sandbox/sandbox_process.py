"""Keeps the sandbox's process running, on the same ports, and says how it is."""

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
from framework.sandbox.address import Address
from framework.sandbox.kafka.broker import PROGRAM

READY_SECONDS = 45.0
STOP_SECONDS = 15.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.1  # how long a death or a stop may go unnoticed
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a sandbox that lived this long begins anew with the first pause

logger = logging.getLogger("sandbox")


class Status(Struct, frozen=True):
    """How the sandbox is; `reason` says why it is down, `restarts` counts from 0."""

    state: Literal["starting", "ready", "down"] = "starting"
    reason: str | None = None
    restarts: int = 0
    address: Address | None = None


class SandboxProcess(threading.Thread):
    """Owns the sandbox's process: starts it, again after each death, and stops it.

    `argv` is the whole command line of the sandbox; `env` its environment (ours, if none is
    given: it reads the same config.yaml with the same variables).
    """

    def __init__(
        self, argv: Sequence[str], stop: threading.Event, env: Mapping[str, str] = os.environ
    ):
        super().__init__(name="sandbox process", daemon=True)
        self._argv = list(argv)
        self._env = dict(env)
        self._ending = stop
        self._settled = threading.Event()
        self._last_words = ""
        self._pause = FIRST_PAUSE_SECONDS
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
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                reason = self._live()
            except OSError as error:
                reason = f"{self._argv[0]}: {error.strerror}"
            if self._ending.is_set():
                break
            if time.monotonic() - began > STEADY_SECONDS:
                self._pause = FIRST_PAUSE_SECONDS
            self._down(reason)
            self._ending.wait(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            self.status = structs.replace(
                self.status, state="starting", restarts=self.status.restarts + 1
            )
        self.status = structs.replace(self.status, state="down", reason="stopped")
        self._settled.set()

    def _live(self) -> str:
        _reap_orphans()
        child = process.Child(process.bound(self._argv), self._env, Path.cwd())
        lines: queue.Queue[bytes] = queue.Queue()
        readers = [
            threading.Thread(target=_forward, args=(child.stdout, lines), daemon=True),
            threading.Thread(target=self._log, args=(child.stderr,), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            self._meet(child, lines)
            self._outlive(child)
        finally:
            status = self._end(child)
            for reader in readers:
                reader.join(KILL_SECONDS)
            child.close()
        words = f"; it said: {self._last_words}" if self._last_words else ""
        return f"it ended with status {status}{words}"

    def _meet(self, child: process.Child, lines: queue.Queue[bytes]) -> None:
        """Wait for the line that says where it is; without one it is ended."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not self._ending.is_set():
            with contextlib.suppress(queue.Empty):
                self._is_ready(lines.get(timeout=POLL_SECONDS))
                return
            if child.reap() is not None:
                return
        if not self._ending.is_set():
            logger.warning("not ready within %.0f s; ending it", READY_SECONDS)
            child.kill()

    def _is_ready(self, line: bytes) -> None:
        try:
            found = msgspec.json.decode(line, type=Address)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            logger.warning("said %r instead of its address", line[:200])
            return
        if self.status.address not in {None, found}:
            logger.error(
                "the sandbox is now at %s and %s: its ports were taken; restart the supervisor",
                found.url,
                found.kafka,
            )
        self.status = structs.replace(self.status, state="ready", reason=None, address=found)
        self._settled.set()

    def _outlive(self, child: process.Child) -> None:
        while not self._ending.is_set():
            if child.wait(POLL_SECONDS) is not None:
                return

    def _end(self, child: process.Child) -> int | None:
        child.stop()
        status = child.wait(STOP_SECONDS)
        if status is None:
            child.kill()
            status = child.wait(KILL_SECONDS)
        return status

    def _down(self, reason: str) -> None:
        logger.warning("the sandbox is down: %s; starting it again in %.0f s", reason, self._pause)
        self.status = structs.replace(self.status, state="down", reason=reason)
        self._settled.set()

    def _log(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            text = line.decode(errors="replace").rstrip()
            self._last_words = text or self._last_words
            logger.info("%s", text)


def _reap_orphans() -> None:
    """Bury the broker of a sandbox that was killed: it died with it and came to us."""
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error, ChildProcessError):
            if child.name() == PROGRAM and child.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(child.pid, os.WNOHANG)


def _forward(pipe: IO[bytes], lines: queue.Queue[bytes]) -> None:
    for line in pipe:
        lines.put(line)
