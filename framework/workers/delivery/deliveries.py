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


class Deliveries:
    """Owned by the owner's thread; `put` is its inbox.

    Oldest first: a resync that waits absorbs later ones, which are done when it is.
    """

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
        self._waiting: dict[str, Delivery] = {}
        self._failures = 0
        self._not_before = 0.0
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Tell whether the lane works on something."""
        return self._job is not None

    def add(self, delivery: Delivery) -> None:
        """Keep a delivery, once, until the lane is free and the process ready."""
        self._waiting.setdefault(delivery.id, delivery)

    def dispatch(self, session: Session) -> None:
        """Give the lane its next attempt, if it is free and one is due; `session` is ready."""
        if self._job or not self._waiting or self._timers.clock() < self._not_before:
            return
        delivery, *absorbed = self._waiting.values()
        self._waiting = {}
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
        """Record that the lane is free; what must be sent again goes before what came later.

        After a failure everything waits: 5 s doubling to 5 min.
        """
        self._job = None
        if session:
            session.attempts.pop(settled.job.attempt.delivery.id, None)
        self._waiting = {one.id: one for one in settled.again} | self._waiting
        if settled.error is None:
            self._failures, self._not_before = 0, 0.0
            return
        self._failures += 1
        wait = backoff.delay(self._failures, first=FIRST_RETRY, cap=SLOWEST_RETRY)
        self._not_before = self._timers.clock() + wait
        self._timers.set("retry", wait, lambda: None)  # waking up is all: the owner dispatches
        self._log.warning("the next attempt is in %.0f s", wait)
