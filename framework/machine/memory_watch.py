"""Measures the memory of each integration's processes, and reports what is over a limit."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from functools import lru_cache

from msgspec import Struct

from framework.machine import process_table
from framework.machine.limits import MIB, Limits
from framework.machine.process_table import Row

ROUND_SECONDS = 5.0
HARD_ROUNDS = 3  # in a row, so that a short peak kills nothing
TICKS = os.sysconf("SC_CLK_TCK")  # a second
MOST_MARKS = 4096  # cached markers of roots; there are a few hundred

Identity = tuple[int, int]  # pid and start: pids are reused

log = logging.getLogger("supervisor")


class Watched(Struct, frozen=True):
    """A running integration's process; `soft` and `hard` are called with a reason for operators."""

    pid: int
    limits: Limits
    soft: Callable[[str], None]
    hard: Callable[[str], None]


class Measured(Struct, frozen=True):
    """One process of an integration: PSS in bytes, age in seconds."""

    pid: int
    parent: int
    name: str
    memory: int
    seconds: int


class Excess(Struct, frozen=True):
    """A process's past: rounds above `memory` in a row, and whether `soft` was called."""

    above: int = 0
    warned: bool = False


class Verdict(Enum):
    """What a round leads to."""

    NOTHING = auto()
    SOFT = auto()
    HARD = auto()


class MemoryWatch(threading.Thread):
    """Measures in rounds; `scan` lists all processes, `pss` reads the PSS of one.

    A scan yields resident memory, which is never less than PSS. PSS costs the kernel more, so it
    is read only where the resident memory is over a limit.
    """

    def __init__(
        self,
        watched: Callable[[], Iterable[Watched]],
        stop: threading.Event,
        scan: Callable[[], list[Row]] = process_table.scan,
        pss: Callable[[Row], int] = process_table.pss,
    ):
        super().__init__(name="memory-watch", daemon=True)
        self._watched = watched
        self._stopping = stop
        self._scan = scan
        self._pss = pss
        self._marker = lru_cache(MOST_MARKS)(_marker)
        self._excess: dict[Identity, Excess] = {}
        self._blind = False

    def run(self) -> None:
        """Measure until the stop."""
        while not self._stopping.wait(ROUND_SECONDS):
            self.round()

    def round(self) -> None:
        """Measure each integration once; call `soft` or `hard` of those over a limit."""
        try:
            self._measure()
        except OSError as error:  # no more open files, as a rule
            if not self._blind:
                log.warning("memory is not watched: %s", error)
            self._blind = True
        else:
            self._blind = False

    def _measure(self) -> None:
        seen = self._scan()
        watched = {one.pid: one for one in self._watched()}
        roots = {one.pid: self._marker(one.pid, one.started) for one in seen if one.pid in watched}
        self._excess = {
            (pid, family[0].started): self._judged(watched[pid], family)
            for pid, family in process_table.families(seen, roots).items()
        }

    def _judged(self, watched: Watched, family: Sequence[Row]) -> Excess:
        limits = watched.limits
        memory = sum(one.rss for one in family)
        if memory > limits.memory_soft:
            memory = sum(map(self._pss, family))
        before = self._excess.get((watched.pid, family[0].started), Excess())
        now, verdict = judge(before, memory, limits)
        if verdict is Verdict.SOFT:
            watched.soft(_reason(memory, len(family), "soft limit", limits.memory_soft))
        elif verdict is Verdict.HARD:
            watched.hard(_reason(memory, len(family), "limit", limits.memory))
        return now


def judge(before: Excess, memory: int, limits: Limits) -> tuple[Excess, Verdict]:
    """Return the excess after one more round, and what to do about it."""
    above = before.above + 1 if memory > limits.memory else 0
    over = memory > limits.memory_soft
    now = Excess(above, warned=before.warned or over)
    if above and above % HARD_ROUNDS == 0:
        return now, Verdict.HARD
    return now, Verdict.SOFT if over and not before.warned else Verdict.NOTHING


def tree(pid: int) -> list[Measured]:
    """Return a child of ours and its descendants, parents first; nothing if it is gone."""
    family = process_table.families(process_table.scan(), {pid: process_table.marker(pid)}).get(
        pid, []
    )
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    return [
        Measured(
            pid=one.pid,
            parent=one.parent,
            name=one.name,
            memory=process_table.pss(one),
            seconds=int(now - one.started / TICKS),
        )
        for one in family
    ]


def _marker(pid: int, started: int) -> str:
    """Return a root's marker; `started` keys the cache, so that a reused pid is looked up."""
    del started
    return process_table.marker(pid)


def _reason(memory: int, processes: int, name: str, limit: int) -> str:
    """Say it in MiB, rounded up so that a memory over the limit reads as more than it."""
    plural = "es" if processes > 1 else ""
    size = f"{math.ceil(memory / MIB)} MiB (PSS of {processes} process{plural})"
    return f"its memory is {size}, over the {name} of {limit // MIB} MiB"
