"""The state folder: the supervisor that has it, its instance, the address of its console."""

import contextlib
import os
import re
import secrets
import socket
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from framework import files
from framework.errors import ConfigError

NOBODY = (
    "no supervisor runs with the state folder {folder}; start one with `supervisor.py run`, "
    "or name its folder with --state"
)
STARTING = "the supervisor with pid {pid} is starting; try again in a moment"
LONGEST_ADDRESS = 100  # bytes; the kernel allows 107
INSTANCE = "instance"
CONSOLE = "console"  # where the console listens
MACHINE = Path("/etc/machine-id")
MACHINE_ID = re.compile(r"[0-9a-f]{32}")  # before the first boot is over it says `uninitialized`
PLAIN = re.compile(rb"[0-9a-f]{16}\n?")


class NotRunningError(ConfigError):
    """No supervisor runs with this state folder, or it is still starting."""


class Identity(Struct, frozen=True):
    """An instance's id, and where its folder was then: machine, file system, inode.

    What is empty or 0 is unknown, and no difference.
    """

    id: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
    machine: str = ""
    file_system: int = 0
    folder: int = 0

    def moved(self, here: "Identity") -> str:
        """Tell in which way the folder is not where it was; empty if it is."""
        ways = {
            "on another machine": (self.machine, here.machine),
            "on another file system": (self.file_system, here.file_system),
            "another folder": (self.folder, here.folder),
        }
        return ", ".join(way for way, (was, now) in ways.items() if was and now and was != now)


class StateFolder:
    """A folder of one running supervisor; only its user can read what is in it.

    `instance` is its id for life; `note` tells why it is a new one, where that is a surprise.
    """

    def __init__(self, path: Path):
        """Take the folder, or raise ConfigError naming the process that has it."""
        self.path = path
        try:
            files.make_private(path)
            self._lock = files.take(path / "lock")
            # It is of a supervisor that was killed, or of the one that runs where this was copied.
            (path / CONSOLE).unlink(missing_ok=True)
            identity, self.note = _identity(path)
            self.instance = identity.id
        except BlockingIOError as error:
            raise ConfigError(
                f"{path} belongs to the supervisor with pid {error.strerror};"
                " stop that one, or name another folder with --state"
            ) from None
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; name another with --state") from error

    def listen(self) -> socket.socket:
        """Bind the console's socket (mode 0600) and store its address in the folder."""
        address = self.path / "console.sock"
        if len(os.fsencode(address.absolute())) > LONGEST_ADDRESS:
            address = Path(tempfile.mkdtemp(prefix="framework-")) / "console.sock"
        address.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.fsencode(address.absolute()))
        address.chmod(0o600)
        listener.listen()
        files.replace(self.path / CONSOLE, os.fsencode(address.absolute()))
        return listener

    def close(self) -> None:
        """Release the folder and remove its console, so that another supervisor may take it."""
        note = self.path / CONSOLE
        with contextlib.suppress(OSError):  # the disk is read-only: the next start replaces it
            address = Path(note.read_text())
            address.unlink(missing_ok=True)
            if address.parent != self.path.absolute():
                address.parent.rmdir()
            note.unlink()
        self._lock.close()


def console_address(path: Path) -> str:
    """Return the address of the console of this folder's supervisor; raise NotRunningError."""
    try:
        known = _parse((path / INSTANCE).read_bytes())
        address = (path / CONSOLE).read_text()
        if known is None or not known.moved(_here(path)):  # else it is the original's
            return address
    except OSError:
        if pid := _owner(path / "lock"):
            raise NotRunningError(STARTING.format(pid=pid)) from None
    raise NotRunningError(NOBODY.format(folder=path))


def instance(path: Path) -> str:
    """Return the id of a state folder's instance. Raises OSError, FrameworkError if it has none."""
    known = _parse((path / INSTANCE).read_bytes())
    if known is None:
        raise ConfigError(f"{path / INSTANCE} cannot be read: `supervisor.py run` makes another")
    return known.id


def _owner(path: Path) -> str | None:
    """Return the pid of the folder's supervisor, without trying its lock: others may want it."""
    with contextlib.suppress(OSError):
        known = f":{path.stat().st_ino} "
        locks = Path("/proc/locks").read_text().splitlines()
        if any(known in line for line in locks):
            return path.read_text().strip()
    return None


def _identity(path: Path) -> tuple[Identity, str | None]:
    """Return whose folder this is, and why it is a new identity if that is a surprise."""
    here = _here(path)
    try:
        text = (path / INSTANCE).read_bytes()
    except FileNotFoundError:
        return _keep(path, here), None
    known = _parse(text)
    moved = known.moved(here) if known else ""
    if known and not moved:
        machine, disk = here.machine or known.machine, here.file_system or known.file_system
        current = Identity(known.id, machine, disk, here.folder)
        return (current if current == known else _keep(path, current)), None
    why = f"it is a copy, or was moved ({moved})" if moved else f"`{INSTANCE}` cannot be read"
    return _keep(path, here), (
        f"{path} has a new identity: {why}. Nothing of the old one is touched. The Kafka group is "
        "new, too; what happened meanwhile comes with the first resync"
    )


def _keep(path: Path, identity: Identity) -> Identity:
    files.replace_durably(path / INSTANCE, msgspec.json.encode(identity) + b"\n")
    return identity


def _here(path: Path) -> Identity:
    """Return a new identity for a folder where it is."""
    machine = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        found = MACHINE.read_text().strip()
        machine = found if MACHINE_ID.fullmatch(found) else ""
    return Identity(secrets.token_hex(8), machine, os.statvfs(path).f_fsid, path.stat().st_ino)


def _parse(text: bytes) -> Identity | None:
    if PLAIN.fullmatch(text):
        return Identity(text.decode().strip())  # as version 0.1 wrote it
    try:
        return msgspec.json.decode(text, type=Identity)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
