"""What is left of processes that died: found, killed and reaped, so that nothing outlives us."""

import os
import select
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from framework import process
from framework.process import KILL_SECONDS, MARKER

SWEEP_ROUNDS = 20  # a killed orphan's own children come to us in the next round
LOOK_SECONDS = 0.01  # how long a death may go unnoticed


def reclaim(instance: str) -> int:
    """Kill what an earlier supervisor of this instance left behind; return how many there were.

    Only for who holds the instance's state folder: then nobody else can have started them.
    """
    reclaimed = 0
    for _ in range(SWEEP_ROUNDS):  # one may have started another while we looked
        left = [one for one in psutil.process_iter() if _belongs(one, instance)]
        if not left:
            break
        reclaimed += sum(map(_kill, left))
        deadline = time.monotonic() + KILL_SECONDS
        while not all(map(_is_gone, left)) and time.monotonic() < deadline:
            select.select([], [], [], LOOK_SECONDS)
    return reclaimed


def sweep(marker: str) -> int:
    """Kill and reap adopted processes that carry `marker`; return how many there were.

    Adopted processes that are dead already, or dying, are reaped, whoever they belonged to. Only
    for the one thread that starts processes with this marker.
    """
    swept = 0
    for _ in range(SWEEP_ROUNDS):
        adopted = list(_adopted())
        orphans = [one for one in adopted if _marked(one, marker)]
        dead = [one for one in adopted if _is_dead(one)]  # later: one may die meanwhile
        if not orphans and not dead:
            return swept
        swept += sum(map(_end, orphans))
        for one in dead:
            _reap(one)
    return swept


def bury_dead() -> int:
    """Reap adopted processes that died since; return how many there were. Waits for none."""
    return sum(map(_bury, _adopted()))


def _adopted() -> Iterator[psutil.Process]:
    """Find our children that we did not start, nor anything in this process that has no session."""
    for pid in _children(Path(f"/proc/self/task/{os.getpid()}/children")):
        with suppress(psutil.Error, ProcessLookupError):
            if pid not in process.ours and os.getsid(pid) != os.getsid(0):
                yield psutil.Process(pid)


def _children(listed: Path) -> list[int]:
    """Return our main thread's children: adopted processes come to it, few others do.

    All of our children, from a kernel without such a list: the search takes 100 times as long.
    """
    try:
        return [int(pid) for pid in listed.read_text().split()]
    except FileNotFoundError:
        return [child.pid for child in psutil.Process().children()]


def _may_be_ours(pid: int) -> bool:
    """Tell whether who started a process may still ask how it ended."""
    leads = os.getsid(pid) == pid  # as everything that we start
    # In this order: a process that was there before is either about to be noted, or it is noted.
    return leads and (bool(process.starting) or pid in process.ours)


def _is_dead(child: psutil.Process) -> bool:
    try:
        # A dying process gives its memory back, its environment with it, before it becomes a zombie
        # and its children come to us.
        return child.memory_info().vms == 0
    except psutil.Error:
        return False


def _belongs(found: psutil.Process, instance: str) -> bool:
    try:
        return found.environ().get(MARKER, "").startswith(f"{instance}/")
    except psutil.Error:
        return False


def _marked(child: psutil.Process, marker: str) -> bool:
    try:
        return child.environ().get(MARKER) == marker
    except psutil.Error:
        return False


def _kill(orphan: psutil.Process) -> bool:
    try:
        orphan.kill()
    except psutil.Error:
        return False
    return True


def _is_gone(killed: psutil.Process) -> bool:
    try:
        return killed.status() == psutil.STATUS_ZOMBIE  # not ours to reap
    except psutil.Error:
        return True


def _end(orphan: psutil.Process) -> int:
    return _wait(orphan) if _kill(orphan) else 0


def _reap(dying: psutil.Process) -> None:
    with suppress(ProcessLookupError):
        if not _may_be_ours(dying.pid):
            _wait(dying)


def _wait(dying: psutil.Process) -> int:
    try:
        dying.wait(KILL_SECONDS)
    except psutil.Error:
        return 0  # it hangs in the kernel, or another sweep was faster
    return 1


def _bury(child: psutil.Process) -> bool:
    try:
        return not _may_be_ours(child.pid) and os.waitpid(child.pid, os.WNOHANG)[0] == child.pid
    except (ProcessLookupError, ChildProcessError):
        return False  # a sweep was faster
