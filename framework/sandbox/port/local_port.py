"""What every route of the local Port works with: its catalog, its settings, its clock."""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from framework import moments
from framework.sandbox.settings import Sandbox

TICK = timedelta(milliseconds=1)


class Clock:
    """Gives strictly increasing times: two changes differ by `updatedAt` alone."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._now = now
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> str:
        """Return the time, at least a millisecond later than the last one."""
        self._last = max(self._now(), self._last + TICK)
        return moments.of(self._last)


class LocalPort(Struct, frozen=True):
    """The local Port: its catalog, its settings with the credentials filled in, its clock."""

    database: sqlite3.Connection
    settings: Sandbox
    brokers: list[str]
    client_id: str
    client_secret: str
    clock: Clock
    seconds: Callable[[], float] = time.time
