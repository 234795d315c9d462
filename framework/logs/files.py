"""A log file for each integration and one for everything else, rotated by size.

A file is open only while it is written to. So others may remove or rename it, and hundreds of
integrations need no descriptors.
"""

import os
import re
from collections import deque
from contextlib import suppress
from pathlib import Path

from framework import files
from framework.errors import ConfigError
from framework.logs import chunk
from framework.logs.settings import MOST_KEPT, Logging

OWN = ""  # the owner of what no integration logged
SUPERVISOR = "supervisor"  # the name of that file; an integration may have it, too
NAME = re.compile(r"(?P<stem>.+)\.log(?:\.\d+)?")
END = b"\n"


class Files:
    """Writes lines to the files of a state folder."""

    def __init__(self, state: Path, settings: Logging):
        self._state = state
        self._settings = settings

    def write(self, owner: str, lines: deque[bytes]) -> None:
        """Write and remove `lines`; those that an OSError kept from being written stay."""
        target = path(self._state, owner)
        while lines:
            if not _append(target, lines, self._settings.size):
                _rotate(target, self._settings.keep)


def path(state: Path, owner: str = OWN) -> Path:
    """Return the log file of an integration, or the supervisor's own."""
    stem = owner or SUPERVISOR
    if owner == SUPERVISOR:
        stem += "+"  # no identifier holds one
    return state / "logs" / f"{stem}.log"


def owners(state: Path) -> list[str]:
    """Return the integrations that have logged something; raise ConfigError if unreadable."""
    folder = state / "logs"
    try:
        names = [found.name for found in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}; name another with --state") from error
    stems = {found["stem"] for name in names if (found := NAME.fullmatch(name))}
    return sorted(stem.removesuffix("+") for stem in stems - {SUPERVISOR})


def _rotate(target: Path, keep: int) -> None:
    for number in range(MOST_KEPT, keep - 1, -1):
        _older(target, number).unlink(missing_ok=True)
    for number in range(keep - 1, 0, -1):
        with suppress(FileNotFoundError):
            _older(target, number).replace(_older(target, number + 1))
    with suppress(FileNotFoundError):  # somebody else has just removed it
        target.replace(_older(target, 1))


def _older(target: Path, number: int) -> Path:
    return target.with_name(f"{target.name}.{number}")


def _append(target: Path, lines: deque[bytes], limit: int) -> int:
    """Write the lines that the file has room for; return how many bytes, 0 if it is full."""
    file = _open(target)
    try:
        used = os.fstat(file).st_size
        if 0 < used > limit - len(lines[0]):
            return 0
        if (
            used and os.pread(file, 1, used - 1) != END
        ):  # a full disk or a kill cut the last line short
            os.write(file, END)
        return chunk.write(file, lines, limit - used)
    finally:
        os.close(file)


def _open(target: Path) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    try:
        return os.open(target, flags, 0o600)
    except FileNotFoundError:
        files.make_private(target.parent)
        return os.open(target, flags, 0o600)
