"""The commands: parse arguments, have it done, show the answer."""

import threading
from typing import Annotated

import typer
from rich.console import Console as Terminal

from framework import logs
from framework.config import Integration
from framework.console.commands import app as door
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
from framework.errors import ConfigError
from framework.port import resources
from framework.running import loading
from framework.running import run as running
from framework.sandbox.serve import serve

VERSION = "0.1.0"

app = door.opened()

Packages = Annotated[
    list[str] | None, typer.Argument(help="What --upgrade is about.  [default: every package]")
]
Newer = Annotated[bool, typer.Option("--upgrade", help="Put newer versions into the locks.")]
Frozen = Annotated[
    bool, typer.Option("--frozen", help="Refuse a requirements.lock that is missing or stale.")
]

LogFormat = Annotated[
    logs.Format | None,
    typer.Option("--log-format", help="How lines are logged.  [default: as config.yaml says]"),
]

app.add_typer(env.app, name="env")


@app.command()
def run(config: ConfigFile = DEFAULT, state: StateDir = None, log_format: LogFormat = None) -> None:
    """Run the integrations until Ctrl-C or SIGTERM; SIGHUP reloads the configuration."""
    running.run(config, state_folder(config, state), VERSION, log_format)


@app.command()
def check(config: ConfigFile = DEFAULT, state: StateDir = None, *, as_json: AsJson = False) -> None:
    """Check the configuration, with every integration's own, and start nothing."""
    del state  # it is taken as by every command, and not looked at
    found = [_checked(one) for one in loading.load(config, None).integrations]
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
    """Build every environment that is missing, write locks beside requirements, start nothing."""
    if (packages and not upgrade) or (upgrade and frozen):
        raise ConfigError("name packages with --upgrade only, and do not combine it with --frozen")
    environments = Environments(state_folder(config, state) / "environments")
    integrations = loading.load(config, None).integrations
    wanted = [Wanted(one.identifier, one.folder, one.installation) for one in integrations]
    with builds.shown(Terminal(stderr=True), [one.label for one in wanted]) as say:
        builder = Builder(environments, threading.Event(), say)
        if upgrade:
            rows = builder.upgrade(wanted, Upgrade(tuple(packages or ())))
        else:
            rows = builder.frozen(wanted) if frozen else builder.build(wanted)
    show(rows, overview.environments(rows), as_json=as_json)


@app.command()
def sandbox(config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Run a local Port and a local broker; `run` does so itself where the configuration asks."""
    logs.set_up()
    settings = loading.sandbox(config)
    if settings is None:
        raise ConfigError(f"{config}: port.baseUrl is not `sandbox`, so there is nothing to run")
    serve(settings, state_folder(config, state))


def _checked(one: Integration) -> dict[str, str]:
    resources.load(one.folder, one.type, one.identifier, VERSION)
    return {"identifier": one.identifier, "type": one.type, "folder": str(one.folder)}
