"""Small programs as children, and how to wait for what becomes of them."""

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from framework.process import Child

PATH = {"PATH": os.environ["PATH"]}
DEADLINE = 10.0  # seconds
REPOSITORY = Path(__file__).resolve().parents[2]
# Becomes a program that is started as a shell starts a background job.
BACKGROUND = ("sh", "-c", 'trap "" INT HUP; exec "$@"', "sh")
# Leaves the group and the session of whoever starts it, and says its pid.
ESCAPE = "import os,time; os.setsid(); print(os.getpid(), flush=True); time.sleep(60)"


@contextmanager
def running(argv: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a command that is killed if it is still there in the end."""
    with subprocess.Popen(argv, **options) as command:
        try:
            yield command
        finally:
            command.kill()


def until(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        select.select([], [], [], 0.01)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def shell(script: str, env: dict[str, str] | None = None) -> Child:
    return Child(["sh", "-c", script], env or PATH, Path("/"))


def line(child: Child) -> str:
    assert select.select([child.stdout], [], [], DEADLINE)[0]
    return os.read(child.stdout.fileno(), 4096).decode().strip()
