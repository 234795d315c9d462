"""How the command line talks to a running supervisor: HTTP over its unix socket."""

import http.client
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from framework.errors import FrameworkError
from framework.state import NotRunningError, console_address

TIMEOUT = 40.0  # seconds; the journal may take 30


class _Connection(http.client.HTTPConnection):
    def __init__(self, address: str):
        super().__init__("localhost", timeout=TIMEOUT)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._address)


def status(folder: Path) -> dict[str, Any]:
    """Return the status of the supervisor that owns this state folder."""
    return _call(folder, "GET", "/status")


def resync(folder: Path, identifier: str) -> str:
    """Ask for a resync; return the id of the recorded event, raise FrameworkError if refused."""
    return str(_call(folder, "POST", f"/resync/{quote(identifier, safe='')}")["event"])


def _call(folder: Path, method: str, path: str) -> dict[str, Any]:
    connection = _Connection(console_address(folder))
    try:
        connection.request(method, path)
        response = connection.getresponse()
        answer: dict[str, Any] = msgspec.json.decode(response.read())
    except (ConnectionRefusedError, FileNotFoundError) as error:
        raise NotRunningError(folder) from error
    except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
        raise FrameworkError(f"the supervisor of {folder} does not answer: {error}") from error
    finally:
        connection.close()
    if "error" in answer:
        raise FrameworkError(answer["error"])
    return answer
