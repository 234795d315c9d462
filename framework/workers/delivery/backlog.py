"""The deliveries that wait for one lane, and when the next may go."""

from framework import backoff
from framework.events import Delivery

FIRST_RETRY = 5.0  # seconds after Port, not the source, was the reason
SLOWEST_RETRY = 300.0  # seconds


class Backlog:
    """Oldest first; taking takes all of them: a resync that waits absorbs later ones."""

    def __init__(self) -> None:
        self._waiting: dict[str, Delivery] = {}
        self._failures = 0
        self._not_before = 0.0

    def add(self, delivery: Delivery) -> None:
        """Wait for the lane, once."""
        self._waiting.setdefault(delivery.id, delivery)

    def due(self, now: float) -> bool:
        """Tell whether something waits and may go."""
        return bool(self._waiting) and now >= self._not_before

    def take(self) -> tuple[Delivery, list[Delivery]]:
        """Return the oldest, and those that are done when it is."""
        first, *absorbed = self._waiting.values()
        self._waiting = {}
        return first, absorbed

    def put_back(self, deliveries: list[Delivery]) -> None:
        """Wait again, before everything that came later."""
        self._waiting = {one.id: one for one in deliveries} | self._waiting

    def succeeded(self) -> None:
        """Forget earlier failures."""
        self._failures, self._not_before = 0, 0.0

    def failed(self, now: float) -> float:
        """Hold everything back; return for how many seconds: 5 s doubling to 5 min."""
        self._failures += 1
        wait = backoff.delay(self._failures, first=FIRST_RETRY, cap=SLOWEST_RETRY)
        self._not_before = now + wait
        return wait
