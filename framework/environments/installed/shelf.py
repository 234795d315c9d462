"""What stands on the shelf: every environment that was built."""

from pathlib import Path

import msgspec
from msgspec import Struct

from framework.environments import turns
from framework.environments.installed import leases, receipt
from framework.environments.installed.receipt import Receipt
from framework.errors import FrameworkError

SHOWN = 8  # digits of a key: enough to tell environments apart


class InUseError(FrameworkError):
    """An environment cannot be moved now: a process runs in it, or another one moves it."""


class Built(Struct, frozen=True):
    """A folder under envs/; one without a receipt is damaged. `last_used` is in Unix seconds."""

    key: str
    path: Path
    receipt: Receipt | None
    last_used: float

    @property
    def name(self) -> str:
        """What operators read."""
        return self.key[:SHOWN]


def read(root: Path) -> list[Built]:
    """Return everything on the shelf, the latest used first."""
    found = [look(folder) for folder in root.glob("envs/*")]
    return sorted(found, key=lambda built: built.last_used, reverse=True)


def look(folder: Path) -> Built:
    """Return what one folder is; one that is gone has neither receipt nor use."""
    marker = folder / receipt.NAME
    return Built(folder.name, folder, _receipt(marker), touched(marker) or touched(folder))


def take_down(root: Path, built: Built, to: Path) -> None:
    """Move an environment away from the shelf; raise InUseError if that is not possible now."""
    (root / "locks").mkdir(exist_ok=True)
    with (root / "locks" / built.key).open("a") as lock:
        if not turns.taken(lock):
            raise InUseError("it is being built")
        try:
            with leases.alone(built.path) as free:
                if not free:
                    raise InUseError("a process runs in it")
                built.path.rename(to)
        except FileNotFoundError:  # without a marker nobody can start in it
            _rename(built.path, to)


def _rename(path: Path, to: Path) -> None:
    try:
        path.rename(to)
    except FileNotFoundError:
        raise InUseError("another process has just removed it") from None


def touched(path: Path) -> float:
    """Return when a file was changed, in Unix seconds; 0 if it is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def _receipt(marker: Path) -> Receipt | None:
    try:
        return receipt.decoder.decode(marker.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
