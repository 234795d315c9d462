"""Port's rate limits, by group of routes; the headers of each answer state them.

Source: https://docs.port.io/api-reference/rate-limits
"""

import time
from collections.abc import Callable

from framework.sandbox.port import unverified
from framework.sandbox.port.refusals import RefusedError

PERIOD_SECONDS = 300
UNAUTHENTICATED = "unauthenticated"
ENTITIES = "entities"
BULK = "bulk upsert"
SINGLE = "single upsert"
OTHER = "other"
LIMITS = {UNAUTHENTICATED: 100, ENTITIES: 35_000, BULK: 35_000, SINGLE: 10_000, OTHER: 15_000}


class RateLimits:
    """Counts requests in windows of five minutes."""

    def __init__(self, seconds: Callable[[], float] = time.time):
        self._seconds = seconds
        self._end = 0.0
        self._counts: dict[str, int] = {}

    def count(self, group: str) -> dict[str, str]:
        """Count a request and return the headers that say how many are left."""
        now = self._seconds()
        if now >= self._end:
            self._end = now + PERIOD_SECONDS
            self._counts = dict.fromkeys(LIMITS, 0)
        self._counts[group] += 1
        return {
            "x-ratelimit-period": str(PERIOD_SECONDS),
            "x-ratelimit-limit": str(LIMITS[group]),
            "x-ratelimit-remaining": str(max(0, LIMITS[group] - self._counts[group])),
            "x-ratelimit-reset": str(int(self._end) + 1),
        }

    def check(self, group: str) -> None:
        """Refuse with 429 once the requests of the window are used up."""
        if self._counts[group] > LIMITS[group]:
            raise RefusedError(429, unverified.TOO_MANY, "too many requests; see x-ratelimit-reset")
