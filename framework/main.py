"""The command line: arguments in, one call out. An error is a sentence, never a traceback.

What `run` is made of takes half a second to import, which a command that only asks a running
supervisor must not wait for. So the commands that need `framework.running` import it themselves.
"""

import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Terminal

from framework.console.commands import app as operators
from framework.console.commands import builds, env
from framework.console.commands.builds import Builder
from framework.console.commands.options import (
    DEFAULT,
    AsJson,
    ConfigFile,
    StateDir,
    show,
    state_folder,
)
from framework.console.views import overview
from framework.environments import Environments, Upgrade, Wanted
from framework.errors import ConfigError, FrameworkError
from framework.logs import Format
from framework.state import NotRunningError
from framework.texts import printable

VERSION = "0.1.0"
NOT_RUNNING = 3  # exit status, as init scripts have it

Packages = Annotated[
    list[str] | None, typer.Argument(help="What --upgrade applies to.  [default: every package]")
]
Newer = Annotated[bool, typer.Option("--upgrade", help="Put newer versions into the locks.")]
Frozen = Annotated[
    bool, typer.Option("--frozen", help="Refuse a requirements.lock that is missing or stale.")
]
LogFormat = Annotated[
    Format | None,
    typer.Option("--log-format", help="The format of log lines.  [default: as config.yaml says]"),
]


def main() -> None:
    """Run the command line; an error becomes a sentence on stderr and an exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts without one
    try:
        app()
    except FrameworkError as error:
        with suppress(OSError):  # nobody reads it, or the disk is full
            sys.stderr.write(f"error: {printable(str(error))}\n")
            sys.stderr.flush()
        sys.exit(NOT_RUNNING if isinstance(error, NotRunningError) else 1)


def wanted(config: Path) -> list[Wanted]:
    """Return what the environments of a configuration's integrations are built from."""
    from framework.running import loading  # noqa: PLC0415 - it imports every trigger

    return loading.wanted(config, _absent)


def _absent(line: str) -> None:
    typer.echo(f"missing, and needed to run: {line}", err=True)


app = operators.opened()
app.add_typer(env.opened(wanted), name="env")


@app.command()
def run(config: ConfigFile = DEFAULT, state: StateDir = None, log_format: LogFormat = None) -> None:
    """Run the integrations until Ctrl-C or SIGTERM; SIGHUP reloads the configuration."""
    from framework.running import run as running  # noqa: PLC0415 - it imports the whole house

    running.run(config, state_folder(config, state), VERSION, log_format)


@app.command()
def check(config: ConfigFile = DEFAULT, state: StateDir = None, *, as_json: AsJson = False) -> None:
    """Check the configuration and the files of every integration; start nothing."""
    from framework.running import loading  # noqa: PLC0415 - it imports every trigger

    del state  # every command takes it; this one does not need it
    found = loading.check(config, VERSION, _absent)
    show(found, overview.integrations(found), as_json=as_json)


@app.command()
def build(
    packages: Packages = None,
    config: ConfigFile = DEFAULT,
    state: StateDir = None,
    *,
    upgrade: Newer = False,
    frozen: Frozen = False,
    as_json: AsJson = False,
) -> None:
    """Build missing environments, write locks beside the requirements, start nothing."""
    if (packages and not upgrade) or (upgrade and frozen):
        raise ConfigError("name packages with --upgrade only, and do not combine it with --frozen")
    environments = Environments(state_folder(config, state) / "environments")
    orders = wanted(config)
    with builds.shown(Terminal(stderr=True), [one.label for one in orders]) as say:
        builder = Builder(environments, threading.Event(), say)
        if upgrade:
            rows = builder.upgrade(orders, Upgrade(tuple(packages or ())))
        elif frozen:
            rows = builder.frozen(orders)
        else:
            rows = builder.build(orders)
    show(rows, overview.environments(rows), as_json=as_json)


@app.command()
def sandbox(config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Run a local Port and a local broker; `run` does so itself where the configuration asks."""
    from framework.running import sandbox as alone  # noqa: PLC0415 - it imports the whole sandbox

    alone.serve(config, state_folder(config, state))
