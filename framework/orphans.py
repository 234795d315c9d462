"""Processes left behind by ones that died: found, killed and reaped, so that none outlives us."""

import os
import select
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from framework import process
from framework.process import KILL_SECONDS, MARKER

SWEEP_ROUNDS = 20  # we adopt the children of a killed orphan in the next round
LOOK_SECONDS = 0.01  # how long a death may go unnoticed


def reclaim(instance: str) -> int:
    """Kill what an earlier supervisor of this instance left behind; return how many there were.

    Call it only while holding the instance's state folder: then nobody else can have started them.
    """
    reclaimed = 0
    for _ in range(SWEEP_ROUNDS):  # one may have started another while we looked
        left = [one for one in psutil.process_iter() if _marker(one).startswith(f"{instance}/")]
        if not left:
            break
        reclaimed += sum(map(_kill, left))
        deadline = time.monotonic() + KILL_SECONDS
        while not all(map(_is_gone, left)) and time.monotonic() < deadline:
            select.select([], [], [], LOOK_SECONDS)
    return reclaimed


def sweep(marker: str) -> int:
    """Kill and reap adopted processes that carry `marker`; return how many there were.

    Adopted processes that are dead or dying are reaped, whatever their marker. Only the thread that
    starts processes with this marker may call it.
    """
    swept = 0
    for _ in range(SWEEP_ROUNDS):
        adopted = list(_adopted())
        orphans = [one for one in adopted if _marker(one) == marker]
        dead = [one for one in adopted if _is_dead(one)]  # after that: one may have died meanwhile
        if not orphans and not dead:
            return swept
        swept += sum(map(_end, orphans))
        for one in dead:
            _reap(one)
    return swept


def bury_dead() -> int:
    """Reap adopted processes that have died; return how many there were. Never waits."""
    return sum(map(_bury, _adopted()))


def _adopted() -> Iterator[psutil.Process]:
    """Find the children that we adopted: we did not start them, and they have another session."""
    for pid in _children(Path(f"/proc/self/task/{os.getpid()}/children")):
        with suppress(psutil.Error, ProcessLookupError):
            if pid not in process.ours and os.getsid(pid) != os.getsid(0):
                yield psutil.Process(pid)


def _children(listed: Path) -> list[int]:
    """Return our main thread's children: the kernel gives it what we adopt, and we start few there.

    On a kernel without such a list it is all of our children; that search takes 100 times as long.
    """
    try:
        return [int(pid) for pid in listed.read_text().split()]
    except FileNotFoundError:
        return [child.pid for child in psutil.Process().children()]


def _may_be_ours(pid: int) -> bool:
    """Tell whether a thread of ours may still ask for the exit status of a process."""
    leads = os.getsid(pid) == pid  # everything that we start leads a session
    # In this order: a process seen before is either about to be recorded, or it is recorded.
    return leads and (bool(process.starting) or pid in process.ours)


def _is_dead(child: psutil.Process) -> bool:
    try:
        # A dying process frees its memory, and its environment with it, before it becomes a zombie
        # and we adopt its children.
        return child.memory_info().vms == 0
    except psutil.Error:
        return False


def _marker(found: psutil.Process) -> str:
    try:
        return found.environ().get(MARKER, "")
    except psutil.Error:
        return ""


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
        return 0  # it hangs in the kernel, or another sweep reaped it
    return 1


def _bury(child: psutil.Process) -> bool:
    try:
        return not _may_be_ours(child.pid) and os.waitpid(child.pid, os.WNOHANG)[0] == child.pid
    except (ProcessLookupError, ChildProcessError):
        return False  # a sweep reaped it
