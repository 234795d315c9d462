"""Port's time: ISO 8601 in UTC with milliseconds, never the same twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from framework import moments

TICK = timedelta(milliseconds=1)


class Clock:
    """Gives strictly growing times: two changes are told apart by `updatedAt` alone."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._now = now
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> str:
        """Return the time, at least a millisecond after the last one given."""
        self._last = max(self._now(), self._last + TICK)
        return moments.of(self._last)
