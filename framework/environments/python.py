"""Which Python an environment is built for: its identity is part of every key."""

import os
import sys
import sysconfig
from pathlib import Path

from msgspec import Struct

from framework.errors import BuildError


class Python(Struct, frozen=True, rename="camel"):
    """An interpreter: one that was upgraded or moved is another one."""

    path: str
    size: int
    mtime_ns: int
    version: str
    platform: str


def own() -> Python:
    """Identify the interpreter under the supervisor's own environment, without starting it."""
    path = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    try:
        found = Path(path).stat()
    except OSError as error:
        raise BuildError(
            f"the Python that runs the supervisor cannot be read any more: {path}: "
            f"{error.strerror}. Run `make sync` and start the supervisor again."
        ) from error
    platform = f"{sysconfig.get_platform()} {sysconfig.get_config_var('SOABI')}"
    return Python(path, found.st_size, found.st_mtime_ns, sys.version, platform)
