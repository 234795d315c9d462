"""What is left of processes that died: found, killed and reaped, so that nothing outlives us."""

import os

import psutil

from framework.process import KILL_SECONDS, MARKER

SWEEP_ROUNDS = 20  # a killed orphan's own children come to us in the next round


def reclaim(instance: str) -> int:
    """Kill what an earlier supervisor of this instance left behind; return how many there were.

    Only for who holds the instance's state folder: then nobody else can have started them.
    """
    left = [one for one in psutil.process_iter() if _belongs(one, instance)]
    return sum(map(_end, left))


def sweep(marker: str) -> int:
    """Kill and reap adopted processes that carry `marker`; return how many there were.

    Adopted processes that are dead already, or dying, are reaped, whoever they belonged to.
    """
    swept = 0
    for _ in range(SWEEP_ROUNDS):
        children = psutil.Process().children()
        orphans = [child for child in children if _marked(child, marker)]
        dead = [child for child in children if _adopted_dead(child)]  # later: one may die meanwhile
        if not orphans and not dead:
            return swept
        swept += sum(map(_end, orphans))
        for child in dead:
            _reap(child)
    return swept


def _adopted_dead(child: psutil.Process) -> bool:
    try:
        # A dying process gives its memory back, its environment with it, before it becomes a zombie
        # and its children come to us.
        dead = child.memory_info().vms == 0
        session = os.getsid(child.pid)
    except (psutil.Error, ProcessLookupError):
        return False
    # What we start leads a session of its own, and its exit status belongs to who started it.
    return dead and session not in (child.pid, os.getsid(0))


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


def _end(orphan: psutil.Process) -> int:
    try:
        orphan.kill()
    except psutil.Error:
        return 0
    return _reap(orphan)


def _reap(dying: psutil.Process) -> int:
    try:
        dying.wait(KILL_SECONDS)
    except psutil.Error:
        return 0  # it hangs in the kernel, or another sweep was faster
    return 1
