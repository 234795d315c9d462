"""The processes of this machine: who descends from whom, and how much memory each has."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from framework.process import MARKER

PAGE = os.sysconf("SC_PAGE_SIZE")
MOST = 2048  # bytes of one stat; it has about 350
GONE = (FileNotFoundError, ProcessLookupError)
PREFIX = f"{MARKER}=".encode()


class Row(NamedTuple):
    """One process at the time of the scan; `started` in ticks since boot, `rss` in bytes."""

    pid: int
    parent: int
    session: int
    name: str
    started: int
    rss: int


def scan() -> list[Row]:
    """Return all processes; raise OSError if the kernel does not let us look."""
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - hundreds each time: no Path for each
        if name.isdecimal():
            with suppress(*GONE):
                found.append(_seen(int(name), _read(f"/proc/{name}/stat", MOST)))
    return found


def pss(one: Row) -> int:
    """Return a process's memory and its part of shared memory, in bytes: 0 once it is gone.

    Where we may not look (it changed its user), shared memory counts in full.
    """
    try:
        lines = _read(f"/proc/{one.pid}/smaps_rollup", MOST).splitlines()
    except GONE:
        return 0
    except PermissionError:
        return one.rss
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:")), 0)


def marker(pid: int) -> str:
    """Return the marker in a process's environment, "" if there is none."""
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except (*GONE, PermissionError):
        return ""
    found = (entry for entry in environ.split(b"\0") if entry.startswith(PREFIX))
    return next(found, PREFIX).removeprefix(PREFIX).decode(errors="replace")


def families(seen: Iterable[Row], roots: Mapping[int, str]) -> dict[int, list[Row]]:
    """Return each root that exists with its descendants, adopted ones included.

    `roots` are children of ours with their markers, which their daemons inherit.
    """
    ours = os.getpid()
    marked = {name: pid for pid, name in roots.items() if name}
    children: dict[int, list[Row]] = defaultdict(list)
    found = {}
    for one in seen:
        parent = one.parent
        if one.pid in roots:
            found[one.pid] = one
        elif parent == ours:
            parent = one.session if one.session in roots else marked.get(marker(one.pid), ours)
        children[parent].append(one)
    return {pid: list(_descend(root, children)) for pid, root in found.items()}


def _descend(root: Row, children: Mapping[int, list[Row]]) -> Iterator[Row]:
    """Yield parents before children; no cycle: a root's parent is not below it."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(children.get(one.pid, ()))


def _seen(pid: int, stat: bytes) -> Row:
    """Parse proc_pid_stat(5); the name may hold spaces and brackets."""
    head, _, tail = stat.rpartition(b")")
    fields = tail.split(None, 22)
    name = head.partition(b"(")[2].decode(errors="replace")
    return Row(pid, int(fields[1]), int(fields[3]), name, int(fields[19]), int(fields[21]) * PAGE)


def _read(path: str, most: int) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, most)
    finally:
        os.close(file)
