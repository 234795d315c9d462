"""Find the Python that an integration asks for among those of this machine; none is downloaded.

A machine keeps its Pythons on PATH, in the folders of pyenv and uv, and in the system's.
"""

import functools
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from framework.environments.python.identity import Python, own
from framework.environments.python.survey import SUPPORTED, Survey
from framework.errors import RequirementsError

CLOCK_SECONDS = 2.0  # the precision to which the start of a process is known
SYSTEM = ("/usr/local/bin", "/usr/bin")


def find(wanted: str | None, file: Path) -> Python:
    """Return the Python of a version ("3.12") or at a path; None means the supervisor's own.

    `file` remembers what each Python is: only one that is new or was replaced is started. Raises
    RequirementsError that names what was found.
    """
    finder = Finder(Survey(file))
    if wanted is None:
        return finder.own()
    return finder.at(wanted) if "/" in wanted else finder.of_version(wanted)


class Finder:
    """The Pythons of this machine, as far as `survey` knows them."""

    def __init__(self, survey: Survey):
        self._survey = survey

    def own(self) -> Python:
        """Return the supervisor's own Python; one that was replaced under it is asked again."""
        python = own()
        path = Path(python.path)
        if path.stat().st_ctime < _began() - CLOCK_SECONDS:
            return python
        return self._survey.about(path).python

    def at(self, path: str) -> Python:
        """Return the Python at a path; raise RequirementsError if no integration can run on it."""
        real = Path(os.path.realpath(path))
        try:
            if _is_script(real):
                raise self._missing(f"{path} is a script; name the Python that it starts")
            known = self._survey.about(real)
        except OSError as error:
            raise self._missing(f"{path}: {error.strerror}") from error
        if known.trouble:
            raise self._missing(f"{path} {known.trouble}")
        return known.python

    def of_version(self, version: str) -> Python:
        """Return the first Python of a version; raise RequirementsError if there is none."""
        python = self._first(version)
        if python is None:
            raise self._missing(f"there is no Python {version} on this machine")
        return python

    def _first(self, version: str) -> Python | None:
        """Prefer the supervisor's own: what is built for it serves all who ask for no version."""
        if version == own().minor:
            return self.own()
        known = (self._survey.about(path) for path in candidates(version))
        good = (one.python for one in known if not one.trouble and one.python.minor == version)
        return next(good, None)

    def _missing(self, what: str) -> RequirementsError:
        self._survey.forget_troubled()
        found = [python for python in map(self._first, SUPPORTED) if python]
        names = ", ".join(f"{python.release} ({python.path})" for python in found) or "none"
        return RequirementsError(
            f"{what}. Integrations run on CPython {SUPPORTED[0]} to {SUPPORTED[-1]}; found: "
            f"{names}. Install the one that is wanted, or name another with `python:`."
        )


def candidates(version: str) -> Iterator[Path]:
    """Yield the real path of every program that may be Python `version` ("3.12"), once each.

    PATH comes first, in its order; of pyenv's and uv's the newest release comes first. Scripts are
    left out: the shims of pyenv and others start a different Python from time to time.
    """
    seen = set()
    for folder in _folders(version):
        program = f"{folder}/python{version}"
        if not os.access(program, os.R_OK | os.X_OK):
            continue
        path = Path(os.path.realpath(program))
        with suppress(OSError):  # it was removed, or closed to us, at this moment
            if path not in seen and path.is_file() and not _is_script(path):
                seen.add(path)
                yield path


def _folders(version: str) -> Iterator[str]:
    environ = os.environ
    on_path = environ.get("PATH", os.defpath).split(os.pathsep)
    yield from (folder for folder in on_path if folder.startswith("/"))
    home = environ.get("HOME", "")
    pyenv = environ.get("PYENV_ROOT", f"{home}/.pyenv")
    yield from _newest_first(Path(pyenv, "versions"), f"{version}.*")
    data = environ.get("XDG_DATA_HOME", f"{home}/.local/share")
    uv = environ.get("UV_PYTHON_INSTALL_DIR", f"{data}/uv/python")
    yield from _newest_first(Path(uv), f"cpython-{version}.*")
    yield from SYSTEM


def _newest_first(folder: Path, pattern: str) -> list[str]:
    def release_numbers(release: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", release.name)]

    # uv's "cpython-3.13.0+freethreaded-…" are another sort of Python.
    try:
        found = [release for release in folder.glob(pattern) if "+" not in release.name]
    except OSError:  # another user's: none of ours is in there
        return []
    return [f"{release}/bin" for release in sorted(found, key=release_numbers, reverse=True)]


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


@functools.cache
def _began() -> float:
    return psutil.Process().create_time()  # it never changes, and is asked for every 5 seconds
