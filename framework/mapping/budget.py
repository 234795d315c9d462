"""What a page may cost: CPU seconds of its mapper, and seconds on the clock."""

import time

import psutil
from msgspec import Struct

from framework.errors import MappingError


class Limits(Struct, frozen=True):
    """In seconds; `wall` is for a machine that has other things to do."""

    cpu: float = 2.0
    wall: float = 30.0


class Budget:
    """One process's spending since `begin`."""

    def __init__(self, pid: int, limits: Limits):
        self._process = psutil.Process(pid)
        self._limits = limits
        self.begin()

    def begin(self) -> None:
        """Count from here."""
        self._cpu = self._spent()
        self._wall = time.monotonic()

    def check(self) -> None:
        """Raise MappingError, naming the limit, once one is passed."""
        if self._spent() - self._cpu > self._limits.cpu:
            raise MappingError(
                f"a page took more than {self._limits.cpu:g} s of computing; look in the mapping "
                "for an expression that never ends, or one that is slow on large items"
            )
        if time.monotonic() - self._wall > self._limits.wall:
            raise MappingError(
                f"a page took more than {self._limits.wall:g} s on the clock; look for what else "
                "keeps this machine busy"
            )

    def _spent(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system
