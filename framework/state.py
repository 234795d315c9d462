"""The state folder: the supervisor that has it, its instance, the address of its console."""

import contextlib
import fcntl
import os
import secrets
import socket
import tempfile
from pathlib import Path
from typing import IO

from framework import files
from framework.errors import ConfigError

NOBODY = (
    "no supervisor runs with the state folder {folder}; start one with `supervisor.py run`, "
    "or name its folder with --state"
)
STARTING = "the supervisor with pid {pid} is starting; try again in a moment"
LONGEST_ADDRESS = 100  # bytes; the kernel allows 107


class NotRunningError(ConfigError):
    """No supervisor runs with this state folder, or it is still starting."""


class StateFolder:
    """A folder of one running supervisor; only its user can read what is in it."""

    def __init__(self, path: Path):
        """Take the folder, or raise ConfigError naming the process that has it."""
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
            self._lock = _take(path / "lock")
            self.instance = _instance(path / "instance")
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
        files.replace(self.path / "console", os.fsencode(address.absolute()))
        return listener

    def close(self) -> None:
        """Release the folder and remove its console, so that another supervisor may take it."""
        note = self.path / "console"
        if note.exists():
            address = Path(note.read_text())
            address.unlink(missing_ok=True)
            if address.parent != self.path.absolute():
                address.parent.rmdir()
            note.unlink()
        self._lock.close()


def console_address(path: Path) -> str:
    """Return the address of the console of this folder's supervisor; raise NotRunningError."""
    try:
        return (path / "console").read_text()
    except OSError:
        if pid := _owner(path / "lock"):
            raise NotRunningError(STARTING.format(pid=pid)) from None
        raise NotRunningError(NOBODY.format(folder=path)) from None


def _owner(path: Path) -> str | None:
    """Return the pid of the folder's supervisor, without trying its lock: others may want it."""
    with contextlib.suppress(OSError):
        known = f":{path.stat().st_ino} "
        locks = Path("/proc/locks").read_text().splitlines()
        if any(known in line for line in locks):
            return path.read_text().strip()
    return None


def _take(path: Path) -> IO[str]:
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise ConfigError(
            f"{path.parent} belongs to the supervisor with pid {lock.read().strip()};"
            " stop that one, or name another folder with --state"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _instance(path: Path) -> str:
    if not path.exists():
        files.replace_durably(path, secrets.token_hex(8).encode())
    return path.read_text()
