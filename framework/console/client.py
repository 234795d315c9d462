"""The client of a running supervisor: HTTP over its unix socket."""

import http.client
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from framework.errors import ConfigError, FrameworkError
from framework.state import NOBODY, NotRunningError, console_address

TIMEOUT = 40.0  # seconds; the journal may take 30
STACKS_TIMEOUT = 15.0  # seconds; a process that does not answer gets a signal after 3
RELOAD_TIMEOUT = 120.0  # seconds; processes finish their deliveries before they end
RESTART_TIMEOUT = RELOAD_TIMEOUT  # a reload in progress is finished first
REFUSED = 400  # HTTP statuses from here on are errors
UNAVAILABLE = 500  # from here on it may work later


class _Connection(http.client.HTTPConnection):
    def __init__(self, address: str, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._address)


def status(folder: Path) -> dict[str, Any]:
    """Return the status of the supervisor that owns this state folder.

    Like every call here it raises ConfigError if the supervisor refuses, NotRunningError if none
    runs, and FrameworkError if it may work later.
    """
    return _call(folder, "GET", "/status")


def resync(folder: Path, identifier: str) -> str:
    """Ask for a resync; return the id of the recorded event."""
    return str(_call(folder, "POST", _path("resync", identifier))["event"])


def desire(folder: Path, identifier: str, verb: str) -> None:
    """Have an integration `start`, `stop`, `pause` or `resume`; return once that is recorded."""
    _call(folder, "POST", _path(verb, identifier))


def restart(folder: Path, identifier: str) -> None:
    """Have a process replaced; return once that is recorded."""
    _call(folder, "POST", _path("restart", identifier), RESTART_TIMEOUT)


def describe(folder: Path, identifier: str) -> dict[str, Any]:
    """Return everything that is known about one integration."""
    return _call(folder, "GET", _path("describe", identifier))


def stacks(folder: Path, identifier: str) -> str:
    """Return what every thread of an integration's process is doing."""
    return str(_call(folder, "POST", _path("stacks", identifier), STACKS_TIMEOUT)["stacks"])


def reload(folder: Path) -> dict[str, Any]:
    """Have the configuration file applied; return what changed."""
    return _call(folder, "POST", "/reload", RELOAD_TIMEOUT)


def preview(folder: Path) -> dict[str, Any]:
    """Return what a reload would change."""
    return _call(folder, "GET", "/reload")


def _path(verb: str, identifier: str) -> str:
    return f"/{verb}/{quote(identifier, safe='')}"


def _call(folder: Path, method: str, path: str, timeout: float = TIMEOUT) -> dict[str, Any]:
    connection = _Connection(console_address(folder), timeout)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        answer: dict[str, Any] = msgspec.json.decode(response.read())
    except (ConnectionRefusedError, FileNotFoundError) as error:
        raise NotRunningError(NOBODY.format(folder=folder)) from error
    except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
        raise FrameworkError(f"the supervisor of {folder} does not answer: {error}") from error
    finally:
        connection.close()
    if response.status >= UNAVAILABLE:
        raise FrameworkError(answer["error"])
    if response.status >= REFUSED:
        raise ConfigError(answer["error"])
    return answer
