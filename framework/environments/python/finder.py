"""Find the Python that an integration asks for among those of this machine; none is downloaded."""

import functools
import os
from pathlib import Path

import psutil

from framework.environments.python import places
from framework.environments.python.identity import Python, own
from framework.environments.python.interview import SUPPORTED
from framework.environments.python.survey import Memory
from framework.errors import RequirementsError

CLOCK_SECONDS = 2.0  # when a process started is known no better


def find(wanted: str | None, memory: Path) -> Python:
    """Return the Python of a version ("3.12") or at a path; None means the supervisor's own.

    `memory` is the file that remembers what each Python is: only one that is new or was replaced
    is started. Raises RequirementsError that names what was found.
    """
    finder = Finder(Memory(memory))
    if wanted is None:
        return finder.own()
    return finder.at(wanted) if "/" in wanted else finder.of_version(wanted)


@functools.cache
def _began() -> float:
    return psutil.Process().create_time()  # it never changes, and is asked for every 5 seconds


class Finder:
    """The Pythons of this machine, as far as `memory` knows them."""

    def __init__(self, memory: Memory):
        self._memory = memory

    def own(self) -> Python:
        """Return the supervisor's own Python; one that was replaced under it is asked again."""
        remembered = own()
        path = Path(remembered.path)
        if path.stat().st_ctime < _began() - CLOCK_SECONDS:
            return remembered
        return self._memory.about(path).python

    def at(self, path: str) -> Python:
        """Return the Python at a path; raise RequirementsError if no integration can run on it."""
        real = Path(os.path.realpath(path))
        try:
            if places.is_script(real):
                raise self._missing(f"{path} is a script; name the Python that it starts")
            known = self._memory.about(real)
        except OSError as error:
            raise self._missing(f"{path}: {error.strerror}") from error
        if known.trouble:
            raise self._missing(f"{path} {known.trouble}")
        return known.python

    def of_version(self, version: str) -> Python:
        """Return the first Python of a version; raise RequirementsError if there is none."""
        found = self._first(version)
        if found is None:
            raise self._missing(f"there is no Python {version} on this machine")
        return found

    def _first(self, version: str) -> Python | None:
        """Prefer the supervisor's own: what is built for it serves all who ask for no version."""
        if version == own().minor:
            return self.own()
        known = (self._memory.about(path) for path in places.candidates(version))
        good = (one.python for one in known if not one.trouble and one.python.minor == version)
        return next(good, None)

    def _missing(self, what: str) -> RequirementsError:
        self._memory.forget_troubled()
        found = [python for python in map(self._first, SUPPORTED) if python]
        names = ", ".join(f"{python.release} ({python.path})" for python in found) or "none"
        return RequirementsError(
            f"{what}. Integrations run on CPython {SUPPORTED[0]} to {SUPPORTED[-1]}; found: "
            f"{names}. Install the one that is wanted, or name another with `python:`."
        )
