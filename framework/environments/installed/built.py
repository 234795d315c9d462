"""Every environment that was built: its folder below `envs/`, its receipt, its last use."""

from pathlib import Path

import msgspec
from msgspec import Struct

from framework.environments import layout, turns
from framework.environments.installed import leases, receipt
from framework.environments.installed.receipt import Receipt
from framework.errors import FrameworkError

SHOWN = 8  # digits of a key: enough to tell environments apart


class InUseError(FrameworkError):
    """An environment cannot be moved now: a process runs in it, or another process moves it."""


class Built(Struct, frozen=True):
    """An environment's folder; without a receipt it is damaged. `last_used` is in Unix seconds."""

    key: str
    path: Path
    receipt: Receipt | None
    last_used: float

    @property
    def name(self) -> str:
        """What operators read."""
        return self.key[:SHOWN]


def read_all(root: Path) -> list[Built]:
    """Return everything that was built, the latest used first."""
    found = [read(folder) for folder in (root / layout.ENVIRONMENTS).glob("*")]
    return sorted(found, key=lambda environment: environment.last_used, reverse=True)


def read(folder: Path) -> Built:
    """Return what one folder is; one that is gone has neither receipt nor use."""
    marker = folder / receipt.NAME
    try:
        found = receipt.decoder.decode(marker.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        found = None
    return Built(folder.name, folder, found, touched(marker) or touched(folder))


def take_away(root: Path, environment: Built, to: Path) -> None:
    """Move an environment to another folder; raise InUseError if that is not possible now."""
    (root / layout.LOCKS).mkdir(exist_ok=True)
    with (root / layout.LOCKS / environment.key).open("a") as turn:
        if not turns.taken(turn):
            raise InUseError("it is being built")
        try:
            with leases.alone(environment.path) as free:
                if not free:
                    raise InUseError("a process runs in it")
                environment.path.rename(to)
        except FileNotFoundError:  # without a marker no process can start in it
            _rename(environment.path, to)


def touched(path: Path) -> float:
    """Return when a file was changed, in Unix seconds; 0 if it is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def _rename(path: Path, to: Path) -> None:
    try:
        path.rename(to)
    except FileNotFoundError:
        raise InUseError("another process has just removed it") from None
