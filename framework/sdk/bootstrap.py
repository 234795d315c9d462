"""The first code in an integration's process: `bootstrap.py <integration>/main.py`."""

import ctypes
import faulthandler
import importlib
import importlib.util
import io
import os
import re
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG, IOLBF, EX_CONFIG = 1, 1, 78


def private_channels() -> tuple[int, int]:
    """Move stdin and stdout to private fds; whatever is printed later goes to stderr."""
    commands, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):  # the same objects as sys.__stdout__, sys.__stderr__
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    libc = ctypes.CDLL(None)  # a C library has a buffer of its own
    libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, IOLBF, 0)
    return commands, answers


def die_with(parent: str) -> None:
    """Have the kernel kill this process when its parent dies; exit if it is dead already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if str(os.getppid()) != parent:
        sys.exit(f"FRAMEWORK_PARENT is {parent!r} but the parent is {os.getppid()}: not ours")


def find_msgspec(fallback: str) -> None:
    """Keep the integration's own msgspec if it is new enough; add ours if it has none."""
    if importlib.util.find_spec("msgspec") is None:
        sys.path.append(fallback)
    version = importlib.import_module("msgspec").__version__
    if [int(part) for part in re.findall(r"\d+", version)[:2]] < [0, 18]:
        sys.stderr.write(f"msgspec {version} is too old: let requirements.txt say msgspec>=0.18\n")
        sys.exit(EX_CONFIG)


if __name__ == "__main__":
    channels = private_channels()
    die_with(os.environ.get("FRAMEWORK_PARENT", ""))
    faulthandler.register(signal.SIGUSR1, file=2)
    here, main = Path(__file__).resolve(), Path(sys.argv[1]).resolve()
    sys.path[:] = [entry for entry in sys.path if entry != str(here.parent)]
    find_msgspec(os.environ.get("FRAMEWORK_MSGSPEC", ""))
    sys.path.insert(0, str(here.parents[2]))  # first: no other package `framework` may hide ours
    serve = importlib.import_module("framework.sdk.serve")
    del sys.path[0]
    sys.path.append(str(main.parent))
    sys.exit(serve.run(main, channels))
