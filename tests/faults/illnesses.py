"""Integrations that fall ill in their first life, and are well from then on."""

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.fakes import scripted

KIND = "thing"
# `LIFE` counts the starts; `say` and `raw` write past the sdk, `ill` is what a handler suffers,
# and `now` the resync that it works on.
HEAD = """
import __main__
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from framework.sdk import Integration

integration = Integration()
here = Path(__file__).parent

with (here / "lives").open("a") as lives:
    lives.write(".")
LIFE = (here / "lives").stat().st_size


def raw(data):
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(__main__.channels[1], rest) :]


def say(**message):
    raw(json.dumps(message, separators=(",", ":")).encode() + b"\\n")


def ill(delivery):
    pass


if {lives}:
{start}
"""
WORK = """
    def ill(delivery):
{work}
"""
TAIL = """

@integration.on_resync("thing")
def things(resync):
    globals()["now"] = resync
    ill(resync._attempt.delivery)
    return [{"id": here.name}]
"""
# Starts three programs, each harder to find than the one before, and notes their pids.
LEAVE_BEHIND = """
left = here / f"left-{LIFE}"
PROGRAM = "import os,sys,time;open(sys.argv[1],'a').write(f'{os.getpid()}\\\\n');time.sleep(600)"
TWICE = "import os,sys;os.fork() and os._exit(0);os.setsid();os.execv(sys.executable,sys.argv[1:])"
argv = [sys.executable, "-c", PROGRAM, str(left)]
subprocess.Popen(argv)
subprocess.Popen(argv, start_new_session=True)
subprocess.run([sys.executable, "-c", TWICE, *argv], check=True)
while not left.exists() or left.read_text().count("\\n") < 3:
    time.sleep(0.02)
"""
# Holds the GIL for ever, in C, whatever signals come.
HOLD_THE_GIL = """
libc, mutex = ctypes.PyDLL(None), ctypes.create_string_buffer(64)
libc.pthread_mutex_lock(mutex)
libc.pthread_mutex_lock(mutex)
"""


def _indented(code: str, spaces: int = 4) -> str:
    return textwrap.indent(textwrap.dedent(code).strip(), " " * spaces)


def at_start(code: str, lives: str = "LIFE == 1") -> str:
    """Return a main.py that falls ill while it is imported."""
    return HEAD.format(lives=lives, start=_indented(code)) + TAIL


def at_work(code: str, lives: str = "LIFE == 1") -> str:
    """Return a main.py that falls ill in its handler; `delivery` is what it works on."""
    return HEAD.format(lives=lives, start=WORK.format(work=_indented(code, 8))) + TAIL


WELL = at_start("pass")


def left(house, identifier: str, life: int = 1) -> list[int]:
    """Return the pids of what a process of an integration started."""
    file = place(house, identifier) / f"left-{life}"
    return list(map(int, file.read_text().split())) if file.exists() else []


def place(house, identifier: str) -> Path:
    return house.folder / "integrations" / identifier


def admit(house, mains: Mapping[str, str], **sections: object) -> None:
    """Write each integration, and a config.yaml with all of them; a section wins over ours."""
    mapping = {"resources": [scripted.resource(KIND, KIND)]}
    for name, main in mains.items():
        house.integration(name, main, "", ([scripted.blueprint(KIND)], mapping))
    config = {
        "port": {"baseUrl": "sandbox"},
        "triggerChannel": {"type": "KAFKA", "brokers": "sandbox"},
        "integrationsPath": ["integrations"],
        "integrations": [{"identifier": name, "type": name} for name in mains],
    }
    house.config.write_text(json.dumps(config | sections, indent=1))
