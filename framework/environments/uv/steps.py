"""The calls of uv that a build consists of: told, limited in time, logged, explained."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

from msgspec import Struct

from framework import orphans
from framework.environments import credentials
from framework.environments.uv import failures
from framework.environments.uv.installer import Uv
from framework.errors import BuildUnavailableError, StoppedError
from framework.process import Completed

Say = Callable[[str], None]


class Step(Struct, frozen=True):
    """One call of uv; `name` is what operators read while it runs and when it fails."""

    name: str
    arguments: list[str]


class Steps:
    """Takes steps for one source of requirements, all within one time limit.

    `told` is what stops them, and who hears of them; `log` gets all that they print. `copies` are
    paths that mean nothing to operators, and what to show them instead.
    """

    def __init__(self, source: str, uv: Uv, told: tuple[Event, Say], limit: float, log: Path):
        self.copies: dict[str, str] = {}
        self._source = source
        self._uv = uv
        self._stop, self._say = told
        self._limit = limit
        self._log = log
        self._started = time.monotonic()

    @property
    def offline(self) -> bool:
        """Tell whether the network may not be used at all."""
        return self._uv.offline

    @property
    def seconds(self) -> float:
        """How long it took so far."""
        return time.monotonic() - self._started

    def say(self, line: str) -> None:
        """Tell who waits for the build."""
        self._say(line)

    def take(self, step: Step) -> None:
        """Run one step; raise RequirementsError or BuildUnavailableError with uv's own words."""
        self._say(step.name)
        completed = self.run(step)
        if completed.status == 0:
            return
        error = failures.failure(f"{self._source}: {step.name}", completed, self._uv.secrets)
        where = f"\nThe whole output: {self._log}" if self._log.exists() else ""
        raise type(error)(f"{self._shown(str(error))}{where}")

    def run(self, step: Step) -> Completed:
        """Run one step that may fail; raise StoppedError, or BuildUnavailableError if it hangs."""
        left = max(0.0, self._limit - self.seconds)
        try:
            completed = self._uv.run(step.arguments, self._stop, left)
        except TimeoutError as error:
            self._sweep()
            raise BuildUnavailableError(
                f"{self._source}: {step.name} did not end: a build has {self._limit:.0f} s, and "
                "was ended with all its processes. Check that the package index answers, or ask "
                "for packages that need no compiling."
            ) from error
        except StoppedError:
            self._sweep()
            raise
        self._note(step, completed)
        return completed

    def _sweep(self) -> None:
        if self._uv.marker:
            orphans.sweep(self._uv.marker)

    def _note(self, step: Step, completed: Completed) -> None:
        said = f"{completed.stdout}{completed.stderr}"
        shown = credentials.redacted(self._shown(said), self._uv.secrets)
        with suppress(OSError), self._log.open("a") as file:  # a full disk has its own message
            file.write(f"--- {step.name}: {failures.ended(completed.status)}\n{shown}\n")

    def _shown(self, said: str) -> str:
        for copy, source in self.copies.items():
            said = said.replace(copy, source)
        return said
