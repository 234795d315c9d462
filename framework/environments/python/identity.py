"""Which Python an environment is built for: its identity is part of every key."""

import os
import sys
import sysconfig
from pathlib import Path

from msgspec import Struct

from framework.errors import RequirementsError


class Python(Struct, frozen=True, rename="camel"):
    """An interpreter; one that was upgraded or moved counts as another."""

    path: str
    size: int
    mtime_ns: int
    version: str
    platform: str

    @property
    def release(self) -> str:
        """The version without compiler and date: 3.11.7."""
        return self.version.partition(" ")[0]

    @property
    def minor(self) -> str:
        """What `python:` in config.yaml calls it: 3.11."""
        return self.release.rpartition(".")[0]


PLATFORM = f"{sysconfig.get_platform()} {sysconfig.get_config_var('SOABI')}"


def change(before: Python, now: Python) -> str | None:
    """Return how the Python changed, for operators; None if it did not."""
    if before == now:
        return None
    if before.release != now.release:
        return f"Python {before.release} → {now.release}"
    if before.path != now.path:
        return f"Python {now.release} moved from {before.path} to {now.path}"
    return f"Python {now.release} was replaced by another build of it"


def own() -> Python:
    """Identify the interpreter under the supervisor's own environment, without starting it."""
    path = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    try:
        found = Path(path).stat()
    except OSError as error:
        raise RequirementsError(
            f"the Python that runs the supervisor cannot be read any more: {path}: "
            f"{error.strerror}. Run `make sync` and start the supervisor again."
        ) from error
    return Python(path, found.st_size, found.st_mtime_ns, sys.version, PLATFORM)
