"""Transitions on their way to the file: adding one never waits for the disk."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial

from framework.errors import JournalError
from framework.journal import history
from framework.journal.commit import Request
from framework.journal.entries import Transition

log = logging.getLogger(__name__)

WAITING = 50  # transitions of one integration while the disk is stuck; more are dropped


class _Counts:
    """What became of one integration's transitions; each count is written by one thread."""

    def __init__(self) -> None:
        self.posted = 0  # this and `dropped`: by the integration's own thread
        self.dropped = 0
        self.answered = 0  # this and the rest: by the journal's thread
        self.failed = 0
        self.reported = 0


class Transitions:
    """One integration's transitions come from one thread at a time; `put` posts a request."""

    def __init__(self, put: Callable[[Request], None]):
        self._put = put
        self._counts: dict[str, _Counts] = {}
        self._cause: str | None = None  # why the last one could not be stored

    def add(self, transition: Transition) -> None:
        """Post a transition; drop it while too many wait or the journal is closed."""
        counts = self._counts.setdefault(transition.identifier, _Counts())
        if counts.posted - counts.answered >= WAITING:
            counts.dropped += 1
            return
        answer = Future[None]()
        answer.add_done_callback(partial(self._answered, transition.identifier, counts))
        with suppress(JournalError):
            self._put(Request(partial(history.note, transition=transition), answer))
            counts.posted += 1

    def _answered(self, identifier: str, counts: _Counts, answer: Future[None]) -> None:
        """Log each cause of a failure once, and what is missing once storing works again."""
        counts.answered += 1
        if (error := answer.exception()) is not None:
            counts.failed += 1
            if str(error) != self._cause:
                self._cause = str(error)
                log.warning(
                    "%s: a transition is not stored, and others may follow: %s", identifier, error
                )
            return
        self._cause = None
        missing = counts.dropped + counts.failed - counts.reported
        if missing:
            counts.reported += missing
            log.warning(
                "%s: transitions are stored again; %d are missing from its history",
                identifier,
                missing,
            )
