"""A supervisor in a folder of its own, run as its users run it."""

import contextlib
import fcntl
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import framework
from bench.shared import processes
from framework import state
from framework.console import client
from framework.errors import FrameworkError
from framework.process import MARKER
from framework.state import NotRunningError

FRONT_DOOR = Path(framework.__file__).resolve().parents[1] / "supervisor.py"
END_SECONDS = 60.0
LOOK_SECONDS = 0.02

# Nothing listens there: a supervisor starts its integrations all the same.
NOWHERE = """
port: {baseUrl: "http://127.0.0.1:1", clientId: nobody, clientSecret: nothing}
triggerChannel: {type: KAFKA, brokers: "127.0.0.1:1", securityProtocol: PLAINTEXT}
"""

Found = TypeVar("Found")


class Late(Exception):  # noqa: N818 - a benchmark ends by it, nobody catches it
    """Something did not happen in time."""


class Chronicle:
    """The lines that a program writes, each with the moment (of `time.time`) at which it came."""

    def __init__(self, pipe: IO[bytes]):
        self._lines: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()
        self.last: list[str] = []
        threading.Thread(target=self._read, args=(pipe,), daemon=True).start()

    def lines(self, seconds: float) -> Iterator[tuple[float, str]]:
        """Yield what comes until nothing more will or the time is over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                yield self._lines.get(timeout=left)

    def until(self, is_it: Callable[[str], bool], what: str, seconds: float) -> float:
        """Return when the next such line came, forgetting those before it."""
        for at, line in self.lines(seconds):
            if is_it(line):
                return at
        raise Late(f"{what}: no line says so within {seconds:.0f} s")

    def _read(self, pipe: IO[bytes]) -> None:
        for raw in pipe:
            now = time.time()
            line = raw.decode(errors="replace").rstrip()
            self.last = [*self.last[-20:], line]
            self._lines.put((now, line))


class House:
    """`config` is the text above the integrations, all of which run the same `main`."""

    def __init__(self, folder: Path, config: str, names: list[str]):
        self.folder = folder
        self.state = folder / ".state"
        self.config = folder / "config.yaml"
        self.names = names
        self._head = config
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.configure(names)

    def configure(self, names: list[str]) -> None:
        """Write config.yaml with these integrations."""
        items = "".join(f"  - {{identifier: {name}, type: bench}}\n" for name in names)
        text = f"{self._head}integrationsPath: [integrations]\nintegrations:\n{items}"
        self.config.write_text(text)

    def write(self, files: dict[str, str]) -> None:
        """Write the integration: main.py, requirements.txt and what else it has."""
        for name, text in files.items():
            path = self.folder / "integrations" / "bench" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def start(self) -> Chronicle:
        """Start the supervisor; return what it says."""
        self._process = subprocess.Popen(
            self.command("run"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        self.said = Chronicle(self._process.stdout)
        return self.said

    def command(self, *words: str) -> list[str]:
        """Return the argv of a command about this supervisor."""
        options = ["--config", str(self.config), "--state", str(self.state)]
        return [sys.executable, str(FRONT_DOOR), *words, *options]

    @property
    def first(self) -> int:
        """The process that was started: the guard, or a supervisor that has none."""
        assert self._process is not None
        return self._process.pid

    @property
    def supervisor(self) -> int:
        """The process that holds the state folder."""
        return int((self.state / "lock").read_text())

    def marked(self) -> list[processes.Process]:
        """Return every process that carries this instance's marker."""
        if not (self.state / "instance").exists():
            return []
        return processes.marked(MARKER, f"{state.instance(self.state)}/")

    def status(self) -> dict[str, Any] | None:
        """Return the status, None while nobody answers."""
        try:
            return client.status(self.state)
        except (NotRunningError, FrameworkError):
            return None

    def integrations(self) -> list[dict[str, Any]]:
        """Return the status of every integration, nothing while nobody answers."""
        status = self.status()
        return status["integrations"] if status else []

    def until_ready(self, seconds: float, every: float = LOOK_SECONDS) -> None:
        """Wait until every integration is READY."""
        eventually(self._all_ready, "all are READY", seconds, every)

    def ended(self, seconds: float = END_SECONDS) -> int:
        """Wait for the end of the process that was started; return its status."""
        assert self._process is not None
        return self._process.wait(seconds)

    @property
    def is_over(self) -> bool:
        """Tell whether the process that was started has ended."""
        return self._process is None or self._process.poll() is not None

    @property
    def is_free(self) -> bool:
        """Tell whether no supervisor holds the state folder."""
        with (self.state / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def end(self) -> None:
        """End everything, whatever state it is in."""
        if not self.is_over:
            processes.kill(self.first, signal.SIGTERM)
            try:
                self.ended()
            except subprocess.TimeoutExpired:
                processes.kill(self.first, signal.SIGKILL)
        for process in self.marked():
            processes.kill(process.pid, signal.SIGKILL)

    def _all_ready(self) -> bool:
        if self.is_over:
            raise Late("the supervisor ended")
        found = self.integrations()
        return bool(found) and all(one["state"] == "READY" for one in found)


def eventually(
    condition: Callable[[], Found | None], what: str, seconds: float, every: float = LOOK_SECONDS
) -> Found:
    """Return the first true value of `condition`; raise Late."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise Late(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)
    return found
