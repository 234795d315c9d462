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
from rich.console import RenderableType

from framework import config as configuration
from framework import logs, process
from framework.config import Config
from framework.console import client, tables
from framework.console.api import Console
from framework.environments import Environments
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
PIPED_COLUMNS = 1000  # where no terminal is, no line is folded and no cell cut
NOT_RUNNING = 3  # exit status, as init scripts have it

log = logging.getLogger("supervisor")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Every Port integration on one machine.",
)

ConfigFile = Annotated[Path, typer.Option("--config", help="The configuration file.")]
StateDir = Annotated[
    Path | None,
    typer.Option("--state", help="The state folder.  [default: .state beside the configuration]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DEFAULT = Path("config.yaml")


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
    with closing(StateFolder(_folder(config, state))) as folder, closing(Signals()) as signals:
        process.allow_many_files()
        if left := process.reclaim(folder.instance):
            log.warning("%d processes that an earlier run left behind were killed", left)
        _run(config, folder, signals)


@app.command()
def check(config: ConfigFile = DEFAULT, state: StateDir = None, *, as_json: AsJson = False) -> None:
    """Check the configuration, with every integration's own, and start nothing."""
    del state  # it is taken as by every command, and not looked at
    found = [_checked(one) for one in _load(config, None).integrations]
    _show(found, tables.integrations(found), as_json=as_json)


@app.command()
def status(
    config: ConfigFile = DEFAULT, state: StateDir = None, *, as_json: AsJson = False
) -> None:
    """Show how the running supervisor and its integrations are; failed ones first."""
    answer = client.status(_folder(config, state))
    _show(answer, tables.status(answer), as_json=as_json)


@app.command()
def resync(identifier: str, config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Have an integration read its source again; the running supervisor does it."""
    event = client.resync(_folder(config, state), identifier)
    typer.echo(f"recorded as {event}; `supervisor.py status` shows how it goes")


@app.command()
def build(config: ConfigFile = DEFAULT, state: StateDir = None, *, as_json: AsJson = False) -> None:
    """Build every integration's environment that is missing, and start nothing."""
    environments = Environments(_folder(config, state) / "environments")
    rows = [_build(environments, one) for one in _load(config, None).integrations]
    _show(rows, tables.environments(rows), as_json=as_json)


@app.command()
def sandbox(config: ConfigFile = DEFAULT, state: StateDir = None) -> None:
    """Run a local Port and a local broker; `run` does so itself where the configuration asks."""
    logs.set_up()
    settings = configuration.peek(config, _environ(None))
    if settings is None:
        raise ConfigError(f"{config}: port.baseUrl is not `sandbox`, so there is nothing to run")
    serve(settings, _folder(config, state))


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


def _folder(config: Path, state: Path | None) -> Path:
    return state if state is not None else config.absolute().parent / ".state"


def _checked(one: configuration.Integration) -> dict[str, str]:
    resources.load(one.folder, one.type, one.identifier, VERSION)
    return {"identifier": one.identifier, "type": one.type, "folder": str(one.folder)}


def _build(environments: Environments, one: configuration.Integration) -> dict[str, Any]:
    began = time.monotonic()
    environment = environments.ensure(
        one.folder / "requirements.txt",
        threading.Event(),
        lambda line: typer.echo(f"{one.identifier}: {line}", err=True),
    )
    return {
        "identifier": one.identifier,
        "type": one.type,
        "environment": environment.key,
        "path": str(environment.path),
        "seconds": round(time.monotonic() - began, 3),
    }


def _show(answer: object, table: RenderableType, *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        Terminal(width=None if sys.stdout.isatty() else PIPED_COLUMNS).print(table)


def _fail(error: FrameworkError, status: int) -> None:
    typer.echo(f"error: {error}", err=True)
    sys.exit(status)
