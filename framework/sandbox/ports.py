"""Ports on 127.0.0.1: the configured one, else the last one used, else a free one.

Free ports are taken from below the range of outgoing connections. Otherwise a client that keeps
trying to reach a broker that is down could be given the broker's own port, and hold it.
"""

import contextlib
import random
import socket
import time

from framework.errors import ConfigError, FrameworkError

HOST = "127.0.0.1"
RANGE = range(20_000, 32_000)
TRIES = 200
PATIENCE_SECONDS = 2.0  # for an earlier sandbox to end
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
    for port in random.sample(RANGE, TRIES):
        with contextlib.suppress(OSError):
            return _bound(port)
    raise FrameworkError(f"no free port on {HOST} between {RANGE.start} and {RANGE.stop}")


def _patiently(port: int, patience: float) -> socket.socket:
    deadline = time.monotonic() + patience
    while True:
        try:
            return _bound(port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def _bound(port: int) -> socket.socket:
    # asyncio disables Nagle (40 ms for each answer) only on sockets that name the protocol
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
