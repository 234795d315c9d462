"""A lane: deliveries of one sort for one integration, in order, on a thread of its own.

A lane does what blocks (Port, mappers, the journal), so that its owner never has to.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from framework.errors import DoneError, FrameworkError, ProcessGoneError, StoppedError
from framework.events import Delivery
from framework.workers.attempt import Attempt, Job, Settled
from framework.workers.loop import Ledger


class Work(Protocol):
    """What a lane does with an attempt; it returns once the delivery's effects are stored."""

    def __call__(self, attempt: Attempt) -> str | None:
        """Return what went wrong although the delivery is done, None if nothing did.

        Raise ProcessGoneError, StoppedError, or another error to have it repeated later.
        """
        ...


class Lane(threading.Thread):
    """One job at a time; the outcome goes to the owner's inbox."""

    def __init__(
        self,
        name: str,
        work: Work,
        ledger: Ledger,
        settled: Callable[[Settled], None],
        log: logging.Logger,
    ):
        super().__init__(name=name, daemon=True)
        self._work = work
        self._ledger = ledger
        self._settled = settled
        self._log = log
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()

    def put(self, job: Job) -> None:
        """Add a job; the first one starts the thread."""
        self._jobs.put(job)
        if self.ident is None:
            self.start()

    def close(self) -> None:
        """End after the current job."""
        self._jobs.put(None)

    def run(self) -> None:
        """Work until closed."""
        while (job := self._jobs.get()) is not None:
            self._settled(self._settle(job))

    def _settle(self, job: Job) -> Settled:
        deliveries = [job.attempt.delivery, *job.absorbed]
        try:
            job.attempt.delivery = self._ledger.count_attempt(job.attempt.delivery)
            trouble = self._work(job.attempt)
            self._ledger.done(deliveries)
        except DoneError as done:  # it was delivered twice
            self._log.info("%s", done)
            return Settled(job, job.absorbed)
        except (ProcessGoneError, StoppedError) as gone:
            self._log.info("%s goes back: %s", job.attempt.delivery.id, gone)
            return self._give_back(job, deliveries, None)
        except FrameworkError as error:
            self._log.error("%s goes back: %s", job.attempt.delivery.id, error)
            return self._give_back(job, deliveries, str(error))
        except Exception as error:  # noqa: BLE001 - a bug of ours must not cost the lane
            self._log.exception("%s goes back", job.attempt.delivery.id)
            return self._give_back(job, deliveries, f"unexpected: {error!r}")
        job.attempt.settle("the delivery is over")
        return Settled(job, trouble=trouble)

    def _give_back(self, job: Job, deliveries: list[Delivery], error: str | None) -> Settled:
        job.attempt.settle(error or "the delivery goes back")
        try:
            self._ledger.give_back(job.attempt.delivery)
        except FrameworkError as failure:  # it stays `sent`, which a restart sends again too
            self._log.error("%s: %s", job.attempt.delivery.id, failure)
        return Settled(job, [job.attempt.delivery, *deliveries[1:]], error)
