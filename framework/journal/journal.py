"""The journal: one thread owns the file; others send it requests and wait for the commit."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from sqlite3 import Connection
from typing import TypeVar

from framework.errors import JournalError
from framework.events import Delivery, Event
from framework.journal import commit, file, history, work
from framework.journal.commit import Request
from framework.journal.entries import Claim, DeliveryEntry, Desired, ResyncReport, Transition
from framework.journal.transitions import Transitions
from framework.journal.unreadable import Unreadable
from framework.journal.work import Work

T = TypeVar("T")

OPEN_SECONDS = 60  # a large write-ahead log is replayed first
QUEUE_SECONDS = 20  # how long a request waits until it is begun
WORK_SECONDS = 10  # how long one that has begun waits for its commit
GROUP = 1000  # requests in one transaction
SLOW = "look for a disk that is slow, failing or full"


class Journal(threading.Thread):
    """Events and deliveries that survive a crash.

    Each method but `note` returns once its effect is on disk; JournalError means that nothing was
    stored.
    """

    def __init__(self, path: Path):
        super().__init__(name="journal", daemon=True)
        self._path = path
        self._requests = SimpleQueue[Request | None]()
        self._opened = Future[None]()
        self._closed = threading.Event()
        self._transitions = Transitions(self._put)
        self._unreadable = Unreadable()
        self._unheard = set[str]()  # events whose caller gave up before their commit

    @property
    def unreadable(self) -> int:
        """How many rows were left out because they could not be read."""
        return self._unreadable.count

    def open(self) -> None:
        """Start; raise ConfigError if the file cannot be used."""
        self.start()
        self._opened.result(OPEN_SECONDS)

    def close(self) -> None:
        """Finish the waiting requests, then end; safe to call twice."""
        self._closed.set()
        self._requests.put(None)
        if self.is_alive():
            self.join(QUEUE_SECONDS + WORK_SECONDS)

    def record(self, event: Event, identifiers: Iterable[str]) -> list[Delivery]:
        """Record an event and a pending delivery for each integration; return [] if known."""
        answer = self._post(partial(self._record, event=event, identifiers=tuple(identifiers)))
        try:
            return _wait(answer)
        except JournalError:
            # If it is stored after all, the caller's next try must get the deliveries.
            answer.add_done_callback(lambda _: self._unheard.add(event.id))
            raise

    def pending(self) -> list[Delivery]:
        """Return what is not done, oldest first."""
        return self._ask(partial(work.pending, unreadable=self._unreadable))

    def count_attempt(self, delivery: Delivery) -> Delivery:
        """Record that a delivery is about to be sent; return it with its new attempt."""
        return self._ask(partial(work.count_attempt, delivery=delivery))

    def give_back(self, delivery: Delivery) -> None:
        """Make a delivery that was sent pending again."""
        self._ask(partial(work.give_back, delivery=delivery))

    def done(self, deliveries: Iterable[Delivery]) -> None:
        """Finish deliveries: their effects are stored in Port."""
        self._ask(partial(work.done, deliveries=tuple(deliveries)))

    def note_blueprint(self, identifier: str, blueprint: str) -> None:
        """Record a blueprint as the integration's own, before it is created."""
        self._ask(partial(work.note_blueprint, identifier=identifier, blueprint=blueprint))

    def noted_blueprints(self, identifier: str) -> set[str]:
        """Return the blueprints recorded for an integration."""
        return self._ask(partial(work.noted_blueprints, identifier=identifier))

    def forget_blueprint(self, identifier: str, blueprint: str) -> None:
        """Remove the record: somebody else created the blueprint."""
        self._ask(partial(work.forget_blueprint, identifier=identifier, blueprint=blueprint))

    def claim(self, claims: Iterable[Claim]) -> None:
        """Store which resources of a mapping produced which blueprints."""
        self._ask(partial(work.claim, claims=tuple(claims)))

    def claims(self, identifier: str) -> list[Claim]:
        """Return an integration's claims."""
        return self._ask(partial(work.claims, identifier=identifier))

    def forget_claims(self, identifier: str, *, before: str) -> None:
        """Drop every claim of an integration but those of the attempt `before`."""
        self._ask(partial(work.forget_claims, identifier=identifier, attempt=before))

    def record_resync(self, report: ResyncReport) -> None:
        """Store the newest report on an integration's resync."""
        self._ask(partial(work.record_resync, report=report))

    def last_resyncs(self) -> dict[str, ResyncReport]:
        """Return the newest report of each integration, by identifier."""
        return self._ask(partial(work.last_resyncs, unreadable=self._unreadable))

    def note(self, transition: Transition) -> None:
        """Post a transition and return at once; what cannot be stored is logged and dropped.

        The transitions of one integration come from one thread at a time.
        """
        self._transitions.add(transition)

    def transitions(self, identifier: str, limit: int = 10) -> list[Transition]:
        """Return an integration's newest transitions, newest first; some 200 are kept."""
        read = partial(history.transitions, unreadable=self._unreadable)
        return self._ask(partial(read, identifier=identifier, limit=limit))

    def desire(self, identifier: str, wanted: Desired) -> None:
        """Store the desired state of an integration."""
        self._ask(partial(history.desire, identifier=identifier, wanted=wanted))

    def desired(self) -> dict[str, Desired]:
        """Return the desired states by identifier; an absent integration is to run."""
        return self._ask(partial(history.desired, unreadable=self._unreadable))

    def last_deliveries(self, identifier: str, limit: int = 10) -> list[DeliveryEntry]:
        """Return an integration's newest deliveries, done or not, newest first."""
        read = partial(history.last_deliveries, unreadable=self._unreadable)
        return self._ask(partial(read, identifier=identifier, limit=limit))

    def run(self) -> None:
        """Open the file, then serve requests group by group until closed."""
        try:
            connection = file.connect(self._path)
        except Exception as error:  # noqa: BLE001 - `open` raises it
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        with closing(connection):
            while group := list(self._group()):
                commit.together(connection, group)

    def _group(self) -> Iterator[Request]:
        request = self._requests.get()  # `close` always brings it to an end
        for _ in range(GROUP - 1):
            if request is None:
                break
            yield request
            try:
                request = self._requests.get_nowait()
            except Empty:
                return
        if request is None:
            self._requests.put(None)  # ends the next group at once
        else:
            yield request

    def _record(
        self, connection: Connection, event: Event, identifiers: Iterable[str]
    ) -> list[Delivery]:
        deliveries = work.record(connection, event, identifiers)
        if event.id not in self._unheard:
            return deliveries
        self._unheard.discard(event.id)
        known = work.pending(connection, self._unreadable)
        return [one for one in known if one.event.id == event.id]

    def _ask(self, job: Work[T]) -> T:
        return _wait(self._post(job))

    def _post(self, job: Work[T]) -> Future[T]:
        answer = Future[T]()
        self._put(Request(job, answer))
        return answer

    def _put(self, request: Request) -> None:
        if self._closed.is_set() or not self.is_alive():
            raise JournalError(f"the journal {self._path} is closed; start the supervisor again")
        self._requests.put(request)


def _wait(
    answer: Future[T], queue_seconds: float = QUEUE_SECONDS, work_seconds: float = WORK_SECONDS
) -> T:
    try:
        return answer.result(queue_seconds)
    except TimeoutError:
        if answer.cancel():
            raise JournalError(f"the journal was too busy for {queue_seconds} s: {SLOW}") from None
    try:
        return answer.result(work_seconds)
    except TimeoutError:
        raise JournalError(f"a commit took more than {work_seconds} s: {SLOW}") from None
