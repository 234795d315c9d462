"""The peer: supervisord with as many idle Python processes, its log on our pipe."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy, Transport

from bench.shared import processes
from bench.shared.house import Chronicle, eventually

PROGRAM = Path(sys.executable).with_name("supervisord")
UP_SECONDS = 120.0
END_SECONDS = 30.0
LOOK_SECONDS = 0.1
# What its own example has, and room for the pipes of 200 processes.
SETTINGS = """
[supervisord]
nodaemon=true
logfile=/dev/stdout
logfile_maxbytes=0
pidfile={folder}/pid
childlogdir={folder}
minfds=4096
{root}
[unix_http_server]
file={folder}/socket

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[program:idle]
command={python} -c "import signal; signal.pause()"
process_name=idle-%(process_num)d
numprocs={number}
"""


class OverSocket(Transport):
    """XML-RPC over a unix socket. The peer's own module is hidden by our front door's name."""

    def __init__(self, address: Path):
        super().__init__()
        self._address = address

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """Connect to the socket, whatever the host."""
        del host
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self._address))
        return connection


class Supervisord:
    """Its processes are called idle-0, idle-1, …; they write nothing."""

    def __init__(self, folder: Path, number: int):
        self._socket = folder / "socket"
        self._configuration = folder / "supervisord.conf"
        self._number = number
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        settings = SETTINGS.format(
            folder=folder, python=sys.executable, number=number, root=_root()
        )
        self._configuration.write_text(settings)

    def start(self) -> Chronicle:
        """Start it; return what it says once all of its processes are RUNNING."""
        self._process = subprocess.Popen(
            [str(PROGRAM), "-c", str(self._configuration)],
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        chronicle = Chronicle(self._process.stdout)
        for _ in range(self._number):
            chronicle.until(lambda line: "entered RUNNING state" in line, "RUNNING", UP_SECONDS)
        return chronicle

    def settle(self) -> None:
        """Wait for what it does at its start: nothing."""

    def until_up(self) -> None:
        """Wait until all of its processes are RUNNING: once they have been there for a second."""
        eventually(self._all_running, "all are RUNNING", UP_SECONDS, LOOK_SECONDS)

    @property
    def supervisor(self) -> list[int]:
        """The processes that supervise."""
        assert self._process is not None
        return [self._process.pid]

    def pids(self) -> dict[str, int]:
        """Return the pid of each process."""
        return {one["name"]: one["pid"] for one in self.status()}

    def status(self) -> Any:
        """Ask how everything is."""
        with ServerProxy("http://localhost", OverSocket(self._socket)) as server:
            return server.supervisor.getAllProcessInfo()

    def delay(self, name: str, died: float) -> float:
        """Return how long it means to wait: not at all, since the process ran for a while."""
        del name, died
        return 0.0

    def died(self, name: str, line: str) -> bool:
        """Tell whether a line says that a process has died."""
        return f" exited: {name} " in line

    def started(self, name: str, line: str) -> bool:
        """Tell whether a line says that a process was started."""
        return re.search(f" spawned: '{name}' with pid", line) is not None

    def _all_running(self) -> bool:
        return all(one["statename"] == "RUNNING" for one in self.status())

    def end(self) -> None:
        """End it and its processes."""
        if self._process is None:
            return
        left = processes.children(self._process.pid)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            for pid in left:
                processes.kill(pid, signal.SIGKILL)


def _root() -> str:
    """Name the user, which it insists on for root."""
    return "user=root" if Path("/proc/self").stat().st_uid == 0 else ""
