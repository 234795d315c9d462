"""Run the steps of a build: each is announced, limited in time, logged; failures are explained."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

from framework import orphans
from framework.environments import credentials
from framework.environments.uv import failures
from framework.environments.uv.commands import Step
from framework.environments.uv.installer import Uv
from framework.errors import BuildUnavailableError, StoppedError
from framework.process import Completed

Say = Callable[[str], None]


class Steps:
    """Runs the steps for one source of requirements, all within `limit` seconds.

    `stop` ends them, `say` hears of each, `log` gets what they print. Their files go into `folder`.
    `copies` are paths that mean nothing to operators, each with what to show instead.
    """

    def __init__(
        self,
        source: str,
        uv: Uv,
        folder: Path,
        log: Path,
        stop: Event,
        say: Say,
        limit: float,
    ):
        self.folder = folder
        self.say = say
        self.copies: dict[str, str] = {}
        self._source = source
        self._uv = uv
        self._log = log
        self._stop = stop
        self._limit = limit
        self._started = time.monotonic()

    @property
    def offline(self) -> bool:
        """Tell whether the network may not be used at all."""
        return self._uv.offline

    @property
    def seconds(self) -> float:
        """How long it took so far."""
        return time.monotonic() - self._started

    def take(self, step: Step) -> None:
        """Run one step; raise RequirementsError or BuildUnavailableError with uv's own words."""
        self.say(step.name)
        completed = self.run(step)
        if completed.status == 0:
            return
        error = failures.failure(f"{self._source}: {step.name}", completed, self._uv.secrets)
        where = f"\nThe full output: {self._log}" if self._log.exists() else ""
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
        printed = f"{completed.stdout}{completed.stderr}"
        shown = credentials.redacted(self._shown(printed), self._uv.secrets)
        with suppress(OSError), self._log.open("a") as file:  # a full disk has its own message
            file.write(f"--- {step.name}: {failures.ended(completed.status)}\n{shown}\n")
        return completed

    def _sweep(self) -> None:
        if self._uv.marker:
            orphans.sweep(self._uv.marker)

    def _shown(self, text: str) -> str:
        for copy, source in self.copies.items():
            text = text.replace(copy, source)
        return text
