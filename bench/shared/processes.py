"""What `/proc` tells about processes that are not our children."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

CPU_CLOCK = 2  # CPUCLOCK_SCHED; clock_getcpuclockid(3) puts the pid in front of it
KIB = 1024


class Process(Struct, frozen=True):
    """A running process as it was seen: `started` (ticks since boot) tells it from a later one.

    `mark` is the value of the variable that it was looked for by.
    """

    pid: int
    started: int
    mark: str


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used since its start, all its threads together."""
    return time.clock_gettime((~pid << 3) | CPU_CLOCK)


def memory(pid: int) -> int:
    """Return the PSS in bytes; where we may not read that (we are not root), the RSS is more."""
    try:
        return _kibibytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    except PermissionError:
        return _kibibytes(Path(f"/proc/{pid}/status"), "VmRSS:")


def running(pid: int) -> bool:
    """Tell whether a process is there and not dead."""
    try:
        return _stat(pid)[0] not in {"Z", "X"}
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Return the children of a process, dead ones that nobody has buried included."""
    return [one for one in _pids() if _parent(one) == pid]


def marked(variable: str, prefix: str) -> list[Process]:
    """Return every process of this machine whose environment has such a variable."""
    found = []
    for pid in _pids():
        mark = _environ(pid).get(variable, "")
        if mark.startswith(prefix):
            with contextlib.suppress(OSError):
                found.append(Process(pid, int(_stat(pid)[19]), mark))
    return found


def program(pid: int) -> str:
    """Return a process's command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return "gone"


def kill(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _pids() -> Iterator[int]:
    return (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())


def _parent(pid: int) -> int:
    try:
        return int(_stat(pid)[1])
    except OSError:
        return 0


def _stat(pid: int) -> list[str]:
    """Return the fields from the third on, the state; the second may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except ProcessLookupError as error:
        raise FileNotFoundError(f"process {pid}") from error


def _environ(pid: int) -> dict[str, str]:
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # gone, another user's, or one that hides
        return {}
    entries = (entry.partition("=") for entry in raw.decode(errors="replace").split("\0"))
    return {name: value for name, _, value in entries}


def _kibibytes(file: Path, key: str) -> int:
    lines = file.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * KIB
