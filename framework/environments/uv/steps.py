"""Run the steps of a build: each is announced, limited in time, logged; failures are explained."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event

from framework import orphans
from framework.environments import credentials
from framework.environments.inputs.inputs import Inputs
from framework.environments.uv import failures
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
    def seconds(self) -> float:
        """How long it took so far."""
        return time.monotonic() - self._started

    def resolve(
        self, inputs: Inputs, floor: str, source: str, result: Path, upgrade: Sequence[str] = ()
    ) -> None:
        """Resolve `source` for the Python `floor` and later ones.

        `result` holds the versions to keep and gets the new ones; `upgrade` are options that say
        which versions need not be kept.
        """
        arguments = ["--directory", str(inputs.requirements.folder), "pip", "compile", "--quiet"]
        arguments += ["--universal", "--generate-hashes", "--no-header", "--no-annotate"]
        arguments += ["--python", inputs.python.path, "--python-version", floor]
        if inputs.installation.exclude_newer:
            arguments += ["--exclude-newer", inputs.installation.exclude_newer]
        arguments += [*self._only_binary(), *upgrade, "--output-file", str(result), source]
        self.take("resolving", arguments)

    def create(self, environment: Path, python: str) -> None:
        """Create an empty environment in a folder that must not exist."""
        options = ["--quiet", "--relocatable", "--no-project", "--python", python]
        self.take("creating the environment", ["venv", *options, str(environment)])

    def install(self, environment: Path, files: list[str], options: list[str], count: int) -> None:
        """Install what the files list, `count` packages, and nothing else; then check them."""
        python = ["--python", str(environment / "bin" / "python")]
        options = [*options, *self._only_binary()]
        arguments = ["pip", "sync", "--quiet", *options, *python, *files]
        name = f"installing, packages: {count}"
        # What the cache has needs no index, and no waiting for one.
        if self._uv.offline or self._run(name, [*arguments, "--offline"]).status != 0:
            self.take(f"fetching and {name}", arguments)
        self.take("checking what was installed", ["pip", "check", *python])

    def take(self, name: str, arguments: list[str]) -> None:
        """Run one step; `name` is what operators read while it runs, and when it fails.

        Raises RequirementsError or BuildUnavailableError with uv's own words, and StoppedError.
        """
        self.say(name)
        completed = self._run(name, arguments)
        if completed.status == 0:
            return
        error = failures.failure(f"{self._source}: {name}", completed, self._uv.secrets)
        where = f"\nThe full output: {self._log}" if self._log.exists() else ""
        raise type(error)(f"{self._shown(str(error))}{where}")

    def _run(self, name: str, arguments: list[str]) -> Completed:
        left = max(0.0, self._limit - self.seconds)
        try:
            completed = self._uv.run(arguments, self._stop, left)
        except TimeoutError as error:
            self._sweep()
            raise BuildUnavailableError(
                f"{self._source}: {name} did not end: a build has {self._limit:.0f} s, and "
                "was ended with all its processes. Check that the package index answers, or ask "
                "for packages that need no compiling."
            ) from error
        except StoppedError:
            self._sweep()
            raise
        printed = f"{completed.stdout}{completed.stderr}"
        shown = credentials.redacted(self._shown(printed), self._uv.secrets)
        with suppress(OSError), self._log.open("a") as file:  # a full disk has its own message
            file.write(f"--- {name}: {failures.ended(completed.status)}\n{shown}\n")
        return completed

    def _only_binary(self) -> list[str]:
        names = self._uv.installation.only_binary
        return [word for name in names for word in ("--only-binary", name)]

    def _sweep(self) -> None:
        if self._uv.marker:
            orphans.sweep(self._uv.marker)

    def _shown(self, text: str) -> str:
        for copy, source in self.copies.items():
            text = text.replace(copy, source)
        return text
