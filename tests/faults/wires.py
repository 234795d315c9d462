"""Integrations whose processes are empty: a test holds their pipes, and says what it likes.

A process sends the test its pipes to the supervisor, and lives until the test ends it.
"""

import json
import os
import select
import signal
import socket
import threading
import time
from contextlib import suppress

from framework.console import client
from framework.errors import FrameworkError
from tests.conftest import eventually

SECONDS = 30.0
CHUNK = 65536
LOOK_SECONDS = 0.05
PID_BYTES = 200
MAIN = """
import __main__
import os
import socket

name = os.environ["FRAMEWORK_INSTANCE"].partition("/")[2]
test = socket.socket(socket.AF_UNIX)
test.connect({address!r})
socket.send_fds(test, [f"{{name}} {{os.getpid()}}".encode()], __main__.channels)
for channel in __main__.channels:
    os.close(channel)
test.recv(1)
os._exit(0)
"""


class Wire:
    """The pipes of one process: `heard` are the supervisor's messages to it, oldest first."""

    def __init__(self, connection, pid, down, up):
        self.pid = pid
        self.heard = []
        self.said = set()  # types of our messages
        self.seq = 0  # of the last page of its delivery
        self.sent = 0  # bytes
        self.closed = False  # we, or the supervisor, closed what we write to
        self.reads = threading.Event()
        self.reads.set()
        self._connection = connection
        self._down = down
        self._up = up
        self._clinging = False
        self._answered = 0  # of `heard`, since it is honest
        self._honest = threading.Event()
        self._stubborn = threading.Event()
        os.set_blocking(up, False)
        os.set_blocking(down, False)
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def delivery(self):
        """The delivery that it was asked for last."""
        return self._last("resync").get("delivery", "none")

    @property
    def kinds(self):
        return self._last("resync").get("kinds", [])

    def say(self, **message):
        self.said.add(message["type"])
        self.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def write(self, data):
        """Write as much as the supervisor takes; it must take all, or have ended the process."""
        rest = memoryview(data)
        deadline = time.monotonic() + SECONDS
        while rest and not self.closed:
            try:
                written = os.write(self._up, rest)
                rest = rest[written:]
                self.sent += written
            except BlockingIOError:
                assert time.monotonic() < deadline, "the supervisor does not read"
                select.select([], [self._up], [], 1.0)
            except BrokenPipeError:
                self.closed = True

    def send_page(self, kind, index, items):
        """Send the next page of the delivery."""
        self.seq += 1
        place = {"delivery": self.delivery, "seq": self.seq, "kind": kind, "index": index}
        self.say(type="page", **place, items=items)

    def hang_up(self):
        """Say nothing more: the supervisor reads the end of stdout."""
        if not self.closed:
            self.closed = True
            os.close(self._up)

    def greet(self):
        self.say(type="hello", protocol=1, kinds=["thing"])
        self.say(type="ready")

    def be_honest(self):
        """From now on do what the protocol says, with whatever was asked before, too."""
        self.reads.set()
        self._honest.set()

    def be_stubborn(self):
        """Be honest but for one thing: what is cancelled goes on."""
        self._stubborn.set()
        self.be_honest()

    def kill(self):
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._connection.close()

    def _last(self, type_):
        return next((one for one in reversed(self.heard) if one["type"] == type_), {})

    def _read(self):
        rest = b""
        while True:
            self.reads.wait()
            ready = select.select([self._down], [], [], LOOK_SECONDS)[0]
            chunk = os.read(self._down, CHUNK) if ready and self.reads.is_set() else None
            if chunk == b"":
                break
            *lines, rest = (rest + (chunk or b"")).split(b"\n")
            for line in lines:
                self._hear(json.loads(line))
            if self._honest.is_set():
                self._answer()
            if self._clinging:
                self.say(type="progress", delivery=self.delivery, done=1)
        self.closed = True
        os.close(self._down)

    def _hear(self, message):
        if message["type"] == "resync":
            self.seq = 0
        self.heard.append(message)

    def _answer(self):
        if "ready" not in self.said:
            self.greet()
        fresh, self._answered = self.heard[self._answered :], len(self.heard)
        for message in fresh:
            match message:
                case {"type": "ping", "n": n}:
                    self.say(type="pong", n=n)
                case {"type": "resync", "delivery": delivery, "kinds": kinds}:
                    self.read_all(delivery, kinds)
                case {"type": "cancel"} if self._stubborn.is_set():
                    self._clinging = True
                case {"type": "cancel", "delivery": delivery}:
                    self.say(type="done", delivery=delivery, outcome="cancelled")
                case {"type": "shutdown"}:
                    self.say(type="bye", reason="asked")
                    self._connection.close()

    def read_all(self, delivery, kinds):
        """Say that every kind was read, and found empty."""
        for one in kinds:
            self.say(type="kindDone", delivery=delivery, kind=one["kind"], index=one["index"])
        self.say(type="done", delivery=delivery, outcome="ok")


class Seat:
    """One integration: its present wire; a new one is honest unless the seat is taken."""

    def __init__(self, house, name):
        self.name = name
        self.wire = None
        self.taken = False
        self._house = house

    def admit(self, wire):
        self.wire = wire
        if not self.taken:
            wire.be_honest()

    def take(self):
        """Have the seat for oneself, with a process that has said nothing yet."""
        self.taken = True
        return self.renew()

    def renew(self):
        """Kill the process; return the wire of the next one."""
        before = self.wire
        if before:
            before.kill()
        return eventually(lambda: self._renewed(before), SECONDS, lambda: f"{self.name} again")

    def leave(self):
        """Let the processes that follow be honest."""
        self.taken = False

    def _renewed(self, before):
        with suppress(FrameworkError):
            client.desire(self._house.state, self.name, "start")  # spares us the back-off
        return self.wire is not before and self.wire


class Seats(threading.Thread):
    """Takes the wires of new processes to the seats of their integrations."""

    def __init__(self, house, address, names):
        super().__init__(daemon=True)
        self.all = {name: Seat(house, name) for name in names}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(len(names))

    def run(self):
        with suppress(OSError):  # it is closed
            while True:
                connection = self._listener.accept()[0]
                text, channels, _, _ = socket.recv_fds(connection, PID_BYTES, 2)
                name, pid = text.decode().split()
                self.all[name].admit(Wire(connection, int(pid), *channels))

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
