"""What an owner does with the deliveries of one lane: keep, hand over, take back, try again."""

import logging
from collections.abc import Callable

from framework.events import Delivery
from framework.protocol.messages import Message
from framework.workers.attempt import Attempt
from framework.workers.delivery.backlog import Backlog
from framework.workers.delivery.lane import Job, Lane, Settled
from framework.workers.notes import Hung, Send
from framework.workers.session.session import Session
from framework.workers.timers import Timers


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
        """Give the lane its next attempt, if one is due; `session` is READY."""
        if self._job or not self._backlog.due(self._timers.clock()):
            return
        delivery, absorbed = self._backlog.take()
        attempt = session.attempts[delivery.id] = self._attempt(delivery, session.number)
        self._job = Job(attempt, absorbed)
        self._lane.put(self._job)

    def settled(self, settled: Settled, session: Session | None) -> None:
        """Note that the lane is free, and what must be sent again."""
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

    def _attempt(self, delivery: Delivery, session: int) -> Attempt:
        def send(message: Message) -> None:
            self._put(Send(session, message))

        def give_up(reason: str) -> None:
            self._put(Hung(session, reason))

        return Attempt(delivery, send, give_up)
