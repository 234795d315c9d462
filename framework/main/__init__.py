"""The command line: an error is a sentence, and no command waits for what it does not need."""

import importlib
import sys

import typer

from framework.console import door
from framework.errors import FrameworkError
from framework.state import NotRunningError

NOT_RUNNING = 3  # exit status, as init scripts have it


def main() -> None:
    """Run the command line; an error is a sentence on stderr, never a traceback."""
    try:
        _app()()
    except NotRunningError as error:
        _fail(error, NOT_RUNNING)
    except FrameworkError as error:
        _fail(error, 1)


def _app() -> typer.Typer:
    operators = door.opened()
    if {*sys.argv[1:2]} & door.names(operators):
        return operators
    # What runs everything takes half a second to import: not for each look of an operator.
    app: typer.Typer = importlib.import_module("framework.main.commands").app
    return app


def _fail(error: FrameworkError, status: int) -> None:
    typer.echo(f"error: {error}", err=True)
    sys.exit(status)
