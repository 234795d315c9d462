"""The command line: an error is a sentence, and no command waits for what it does not need."""

import importlib
import os
import sys
from collections.abc import Callable

from framework import guard
from framework.errors import FrameworkError
from framework.state import NotRunningError

NOT_RUNNING = 3  # exit status, as init scripts have it


def main() -> None:
    """Run the command line; an error is a sentence on stderr, never a traceback."""
    if sys.argv[1:2] == ["run"] and _unguarded():
        guard.become([sys.executable, *sys.orig_argv[1:]])
    try:
        _app()()
    except NotRunningError as error:
        _fail(error, NOT_RUNNING)
    except FrameworkError as error:
        _fail(error, 1)


def _unguarded() -> bool:
    linux = sys.platform == "linux"  # elsewhere the command itself says that it needs Linux
    return linux and guard.needed(os.environ, os.getpid(), os.getppid())


def _app() -> Callable[[], None]:
    """Return the commands; what `run` needs takes half a second to import, so only if need be."""
    door = importlib.import_module("framework.console.commands.app")
    operators: Callable[[], None] = door.opened()
    if {*sys.argv[1:2]} & door.names(operators):
        return operators
    commands: Callable[[], None] = importlib.import_module("framework.running.commands").app
    return commands


def _fail(error: FrameworkError, status: int) -> None:
    sys.stderr.write(f"error: {error}\n")
    sys.exit(status)
