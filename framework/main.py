"""The command line: parse arguments, wire, run."""

import logging
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec import structs
from rich.console import Console as Terminal

from framework import config as configuration
from framework import kernel, logs, orphans, process
from framework.config import Config
from framework.console import builds, client, env, tables
from framework.console.api import Console
from framework.console.builds import Builder
from framework.console.options import DEFAULT, AsJson, ConfigFile, StateDir, show, state_folder
from framework.environments import Environments, Upgrade, Wanted
from framework.errors import ConfigError, FrameworkError
from framework.port import resources
from framework.port.settings import SANDBOX, Port
from framework.sandbox.address import Address
from framework.sandbox.keeper import Keeper
from framework.sandbox.serve import serve
from framework.signals import Signals
from framework.state import NotRunningError, StateFolder
from framework.supervisor import Supervisor

VERSION = "0.1.0"
FRONT_DOOR = Path(__file__).resolve().parents[1] / "supervisor.py"
SANDBOX_SECONDS = 60.0
SANDBOX_STOP_SECONDS = 30.0
SANDBOX_SESSION_SECONDS = 6  # its broker delays a join by half of it
LOOK_SECONDS = 0.2  # how long a signal or a change of state may go unnoticed
NOT_RUNNING = 3  # exit status, as init scripts have it

log = logging.getLogger("supervisor")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Every Port integration on one machine.",
)

Packages = Annotated[
    list[str] | None, typer.Argument(help="What --upgrade is about.  [default: every package]")
]
Newer = Annotated[bool, typer.Option("--upgrade", help="Put newer versions into the locks.")]
Frozen = Annotated[
    bool, typer.Option("--frozen", help="Refuse a requirements.lock that is missing or stale.")
]

app.add_typer(env.app, name="env")


def main() -> None:
    """Run the command line; an error is a sentence on stderr, never a traceback."""
    try:
        app()
    except NotRunningError as error:
        _fail(error, NOT_RUNNING)
    except FrameworkError as error:
        _fail(error, 1)


@app.command()
def run(config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Run the integrations until Ctrl-C or SIGTERM."""
    if platform.system() != "Linux":
        raise ConfigError("the supervisor needs Linux 5.3 or newer (pidfd, prctl)")
    logs.set_up()
    _load(config, None)  # what is wrong is told before anything starts
    with closing(StateFolder(state_folder(config, state))) as folder, closing(Signals()) as signals:
        kernel.allow_many_files()
        if left := orphans.reclaim(folder.instance):
            log.warning("%d processes that an earlier run left behind were killed", left)
        _run(config, folder, signals)


@app.command()
def check(config: ConfigFile = DEFAULT, state: StateDir = None, *, as_json: AsJson = False) -> None:
    """Check the configuration, with every integration's own, and start nothing."""
    del state  # it is taken as by every command, and not looked at
    found = [_checked(one) for one in _load(config, None).integrations]
    show(found, tables.integrations(found), as_json=as_json)


@app.command()
def status(
    config: ConfigFile = DEFAULT, state: StateDir = None, *, as_json: AsJson = False
) -> None:
    """Show how the running supervisor and its integrations are; failed ones first."""
    answer = client.status(state_folder(config, state))
    show(answer, tables.status(answer), as_json=as_json)


@app.command()
def resync(identifier: str, config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Have an integration read its source again; the running supervisor does it."""
    event = client.resync(state_folder(config, state), identifier)
    typer.echo(f"recorded as {event}; `supervisor.py status` shows how it goes")


@app.command()
def build(  # noqa: PLR0913 - each is an option of the command
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
    integrations = _load(config, None).integrations
    wanted = [Wanted(one.identifier, one.folder, one.installation) for one in integrations]
    with builds.shown(Terminal(stderr=True), [one.label for one in wanted]) as say:
        builder = Builder(environments, threading.Event(), say)
        if upgrade:
            rows = builder.upgrade(wanted, Upgrade(tuple(packages or ())))
        else:
            rows = builder.frozen(wanted) if frozen else builder.build(wanted)
    show(rows, tables.environments(rows), as_json=as_json)


@app.command()
def sandbox(config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Run a local Port and a local broker; `run` does so itself where the configuration asks."""
    logs.set_up()
    settings = configuration.peek(config, _environ(None))
    if settings is None:
        raise ConfigError(f"{config}: port.baseUrl is not `sandbox`, so there is nothing to run")
    serve(settings, state_folder(config, state))


def _run(config: Path, folder: StateFolder, signals: Signals) -> None:
    with _sandbox(config, folder, signals) as keeper:
        if signals.wait(0):
            return
        address = keeper.status.address if keeper else None
        supervisor = Supervisor(_load(config, address), folder, VERSION)
        _supervise(supervisor, folder, keeper, signals)


def _supervise(
    supervisor: Supervisor, folder: StateFolder, keeper: Keeper | None, signals: Signals
) -> None:
    console = Console(folder.listen(), lambda: _status(supervisor, keeper), supervisor.resync)
    try:
        supervisor.start()
        console.start()
        announced = ""
        while not signals.wait(LOOK_SECONDS):
            supervisor.look_after()
            if supervisor.state != announced:
                announced = supervisor.state
                _announce(announced, keeper)
        log.info("stopping")
    finally:
        supervisor.stop()
        console.stop()


def _announce(state: str, keeper: Keeper | None) -> None:
    address = keeper.status.address if keeper else None
    typer.echo(f"{state}  page {address.url}" if address else state)


def _status(supervisor: Supervisor, keeper: Keeper | None) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.to_builtins(supervisor.status())
    if keeper and keeper.status.address:
        answer["sandbox"] = msgspec.to_builtins(keeper.status.address) | {
            "state": keeper.status.state,
            "reason": keeper.status.reason,
            "restarts": keeper.status.restarts,
        }
    return answer


@contextmanager
def _sandbox(config: Path, folder: StateFolder, signals: Signals) -> Iterator[Keeper | None]:
    """Run the sandbox if the configuration asks for it; it is ready, or a stop was asked for."""
    if configuration.peek(config, _environ(None)) is None:
        yield None
        return
    stop = threading.Event()
    argv = [sys.executable, str(FRONT_DOOR), "sandbox"]
    argv += ["--config", str(config), "--state", str(folder.path)]
    keeper = Keeper(argv, stop, {**os.environ, process.MARKER: f"{folder.instance}/sandbox"})
    keeper.start()
    try:
        deadline = time.monotonic() + SANDBOX_SECONDS
        while keeper.status.state == "starting" and time.monotonic() < deadline:
            if signals.wait(LOOK_SECONDS):
                break
        else:
            keeper.ready(LOOK_SECONDS)
        yield keeper
    finally:
        stop.set()
        keeper.join(SANDBOX_STOP_SECONDS)


def _load(config: Path, address: Address | None) -> Config:
    """Read the configuration; `sandbox` in it means the sandbox at this address."""
    loaded = configuration.load(config, _environ(address))
    if address is None:
        return loaded
    if loaded.port.base_url == SANDBOX:
        port = Port(
            client_id=address.client_id, client_secret=address.client_secret, base_url=address.url
        )
        loaded = structs.replace(loaded, port=port)
    if loaded.trigger_channel.brokers == SANDBOX:
        channel = structs.replace(
            loaded.trigger_channel,
            brokers=address.kafka,
            security_protocol="PLAINTEXT",
            session_timeout_seconds=SANDBOX_SESSION_SECONDS,
        )
        loaded = structs.replace(loaded, trigger_channel=channel)
    return loaded


def _environ(address: Address | None) -> dict[str, str]:
    return {**os.environ, "SANDBOX_KAFKA": address.kafka if address else SANDBOX}


def _checked(one: configuration.Integration) -> dict[str, str]:
    resources.load(one.folder, one.type, one.identifier, VERSION)
    return {"identifier": one.identifier, "type": one.type, "folder": str(one.folder)}


def _fail(error: FrameworkError, status: int) -> None:
    typer.echo(f"error: {error}", err=True)
    sys.exit(status)
