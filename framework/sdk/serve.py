"""Serve an integration: import its main.py, answer the supervisor until the end."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

from framework.sdk.integration import Integration
from framework.sdk.server import Server
from framework.sdk.writer import Writer


def run(main: Path, channels: tuple[int, int], leave: Callable[[int], object] = os._exit) -> int:
    """Serve the one Integration made in main.py over the two fds; return the exit code.

    `leave` ends the process a while later, in case its own threads keep it from ending.
    """
    commands, answers = channels
    integration = the_one_in(main)
    return Server(integration, main.parent.name, Writer(answers), leave).serve(commands)


def the_one_in(main: Path) -> Integration:
    """Import main.py and return the Integration made there; exit with a sentence if not one."""
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
