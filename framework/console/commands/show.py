"""The commands that show the state of the supervisor and its integrations."""

import sys
from collections.abc import Callable
from threading import Event
from typing import Annotated, Any

import typer
from rich.console import Console as Terminal
from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from framework.console import client
from framework.console.commands.options import (
    DEFAULT,
    AsJson,
    ConfigFile,
    Printable,
    StateDir,
    show,
    state_folder,
)
from framework.console.views import description, overview
from framework.errors import ConfigError, FrameworkError
from framework.texts import printable

WATCH_SECONDS = 1.0

Watch = Annotated[bool, typer.Option("--watch", help="Refresh every second, until Ctrl-C.")]
Identifier = Annotated[str, typer.Argument(help="Which integration.")]

app = typer.Typer()


@app.command()
def status(
    config: ConfigFile = DEFAULT,
    state: StateDir = None,
    *,
    watching: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Show the state of the running supervisor and its integrations; failed ones first."""
    folder = state_folder(config, state)
    if watching and (as_json or not sys.stdout.isatty()):
        raise ConfigError("--watch needs a terminal; programs can poll `status --json`")
    answer = client.status(folder)
    if watching:
        watch(lambda: client.status(folder), Terminal(), Event())
        return
    show(answer, overview.status(answer), as_json=as_json)


@app.command()
def describe(
    identifier: Identifier,
    config: ConfigFile = DEFAULT,
    state: StateDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show everything about an integration: its state and why, its processes, its history."""
    answer = client.describe(state_folder(config, state), identifier)
    show(answer, description.description(answer), as_json=as_json)


@app.command()
def stacks(identifier: Identifier, config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Print what each thread of an integration's process is doing."""
    text = client.stacks(state_folder(config, state), identifier)
    typer.echo(printable(text).rstrip())


def watch(look: Callable[[], dict[str, Any]], terminal: Terminal, stop: Event) -> None:
    """Show the status until stopped or interrupted, across restarts of the supervisor too."""
    try:
        with Live(console=terminal, auto_refresh=False) as live:
            while not stop.is_set():
                live.update(Printable(_shown(look)), refresh=True)
                stop.wait(WATCH_SECONDS)
    except KeyboardInterrupt:
        return


def _shown(look: Callable[[], dict[str, Any]]) -> RenderableType:
    try:
        return overview.status(look())
    except FrameworkError as error:
        return Text(str(error))
