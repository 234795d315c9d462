"""The deliveries of one lane: kept, handed over, taken back, tried again."""

import logging
from collections.abc import Callable

from framework import backoff
from framework.events import Delivery
from framework.workers.attempt import Attempt, Job, Settled
from framework.workers.delivery.lane import Lane
from framework.workers.loop import Timers
from framework.workers.notes import Hung, Send
from framework.workers.session.session import Session

FIRST_RETRY = 5.0  # seconds after Port, not the source, was the reason
SLOWEST_RETRY = 300.0  # seconds


class Backlog:
    """What waits for the lane, oldest first; a resync that waits absorbs later ones."""

    def __init__(self) -> None:
        self._waiting: dict[str, Delivery] = {}
        self._failures = 0
        self._not_before = 0.0

    def add(self, delivery: Delivery) -> None:
        """Let a delivery wait; one that waits already stays in its place."""
        self._waiting.setdefault(delivery.id, delivery)

    def due(self, now: float) -> bool:
        """Tell whether something waits and may be taken."""
        return bool(self._waiting) and now >= self._not_before

    def take(self) -> tuple[Delivery, list[Delivery]]:
        """Take everything: return the oldest, and those that are done when it is."""
        first, *absorbed = self._waiting.values()
        self._waiting = {}
        return first, absorbed

    def put_back(self, deliveries: list[Delivery]) -> None:
        """Let deliveries wait again, before everything that came later."""
        self._waiting = {one.id: one for one in deliveries} | self._waiting

    def succeeded(self) -> None:
        """Forget earlier failures."""
        self._failures, self._not_before = 0, 0.0

    def failed(self, now: float) -> float:
        """Hold everything back; return the seconds: 5 s doubling to 5 min."""
        self._failures += 1
        wait = backoff.delay(self._failures, first=FIRST_RETRY, cap=SLOWEST_RETRY)
        self._not_before = now + wait
        return wait


class Deliveries:
    """Owned by the owner's thread; `put` is its inbox."""

    def __init__(
        self,
        lane: Lane,
        timers: Timers,
        log: logging.Logger,
        put: Callable[[Send | Hung], None],
    ):
        self._lane = lane
        self._timers = timers
        self._log = log
        self._put = put
        self._backlog = Backlog()
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Tell whether the lane works on something."""
        return self._job is not None

    def add(self, delivery: Delivery) -> None:
        """Keep a delivery until the lane is free and the process ready."""
        self._backlog.add(delivery)

    def dispatch(self, session: Session) -> None:
        """Give the lane its next attempt, if it is free and one is due; `session` is ready."""
        if self._job or not self._backlog.due(self._timers.clock()):
            return
        delivery, absorbed = self._backlog.take()
        number, put = session.number, self._put
        attempt = Attempt(
            delivery,
            send=lambda message: put(Send(number, message)),
            give_up=lambda reason: put(Hung(number, reason)),
        )
        session.attempts[delivery.id] = attempt
        self._job = Job(attempt, absorbed)
        self._lane.put(self._job)

    def settled(self, settled: Settled, session: Session | None) -> None:
        """Record that the lane is free, and keep what must be sent again."""
        self._job = None
        if session:
            session.attempts.pop(settled.job.attempt.delivery.id, None)
        self._backlog.put_back(settled.again)
        if settled.error is None:
            self._backlog.succeeded()
            return
        wait = self._backlog.failed(self._timers.clock())
        self._timers.set("retry", wait, lambda: None)  # waking up is all: the owner dispatches
        self._log.warning("the next attempt is in %.0f s", wait)
