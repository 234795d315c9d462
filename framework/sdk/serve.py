"""Serve an integration: import its main.py, then answer the supervisor until the end."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

from framework.errors import AuthError, ConfigError, FrameworkError, TransientError
from framework.sdk.integration import Integration
from framework.sdk.server import Server
from framework.sdk.writer import Writer

# The exit status for each error that an author raises on purpose, as in sysexits.h.
STATUSES: dict[type[FrameworkError], int] = {ConfigError: 78, AuthError: 77, TransientError: 75}


def run(main: Path, channels: tuple[int, int], leave: Callable[[int], object] = os._exit) -> int:
    """Serve the one Integration made in main.py over the two fds; return the exit code.

    `leave` ends the process after the grace if its own threads keep it from ending.
    """
    commands, answers = channels
    try:
        integration = the_one_in(main)
    except tuple(STATUSES) as error:  # raised on purpose: no traceback
        sys.stderr.write(f"{error}\n")
        return next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    return Server(integration, main.parent.name, Writer(answers), leave).serve(commands)


def the_one_in(main: Path) -> Integration:
    """Import main.py and return its one Integration; exit with a sentence if there is not one."""
    spec = importlib.util.spec_from_file_location("main", main)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["main"] = module
    spec.loader.exec_module(module)
    made = {id(value): value for value in vars(module).values() if isinstance(value, Integration)}
    if len(made) != 1:
        sys.exit(f"{main} makes {len(made)} Integrations: write `integration = Integration()` once")
    return next(iter(made.values()))
