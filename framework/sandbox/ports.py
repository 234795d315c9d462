"""Ports on 127.0.0.1: the configured one, else the one of last time, else a free one.

Free ones are taken below the range of outgoing connections: a client that keeps trying to reach a
broker that is down could otherwise be given the broker's own port, and hold it.
"""

import random
import socket
import time

from framework.errors import ConfigError, FrameworkError

HOST = "127.0.0.1"
RANGE = range(20_000, 32_000)
TRIES = 200
PATIENCE_SECONDS = 2.0  # what an earlier sandbox may need to be gone
POLL_SECONDS = 0.05


def claim(
    configured: int, remembered: int, where: str, patience: float = PATIENCE_SECONDS
) -> socket.socket:
    """Return a bound socket; raise ConfigError naming `where` if the configured port is taken."""
    wanted = configured or remembered
    if wanted:
        try:
            return _patiently(wanted, patience)
        except OSError as error:
            if configured:
                raise ConfigError(
                    f"{where}: {HOST}:{configured}: {error.strerror}; "
                    "stop what uses it, or choose another port (0: a free one)"
                ) from error
    return _free()


def _patiently(port: int, patience: float) -> socket.socket:
    deadline = time.monotonic() + patience
    while True:
        try:
            return _bound(port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def _free() -> socket.socket:
    for port in random.sample(RANGE, TRIES):
        try:
            return _bound(port)
        except OSError:
            continue
    raise FrameworkError(f"no free port on {HOST} between {RANGE.start} and {RANGE.stop}")


def _bound(port: int) -> socket.socket:
    # asyncio sends without delay (Nagle: 40 ms an answer) only where the protocol is named
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
