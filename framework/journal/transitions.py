"""Transitions on their way to the file: whoever notes one waits for no disk."""

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

WAITING = 50  # transitions of one integration while the disk is stuck; what is over is dropped


class _Pile:
    """The counts of one integration; each has one thread that writes it, so none goes wrong."""

    def __init__(self) -> None:
        self.posted = 0  # this and `refused`: by the integration's own thread
        self.refused = 0
        self.answered = 0  # this and the rest: by the journal's thread
        self.failed = 0
        self.told = 0


class Notes:
    """Notes of one integration come from one thread at a time; `put` hands on a request."""

    def __init__(self, put: Callable[[Request], None]):
        self._put = put
        self._piles: dict[str, _Pile] = {}
        self._cause: str | None = None  # why the last one could not be stored

    def add(self, transition: Transition) -> None:
        """Post a transition; drop it while too many wait or the journal is closed."""
        pile = self._piles.setdefault(transition.identifier, _Pile())
        if pile.posted - pile.answered >= WAITING:
            pile.refused += 1
            return
        answer = Future[None]()
        answer.add_done_callback(partial(self._hear, transition.identifier, pile))
        with suppress(JournalError):
            self._put(Request(partial(history.note, transition=transition), answer))
            pile.posted += 1

    def _hear(self, identifier: str, pile: _Pile, answer: Future[None]) -> None:
        pile.answered += 1
        error = answer.exception()
        if error is not None:
            pile.failed += 1
            self._complain(identifier, str(error))
            return
        self._cause = None
        self._tell_missing(identifier, pile)

    def _complain(self, identifier: str, cause: str) -> None:
        if cause != self._cause:
            log.warning("%s: a transition is not kept, maybe others neither: %s", identifier, cause)
        self._cause = cause

    def _tell_missing(self, identifier: str, pile: _Pile) -> None:
        missing = pile.refused + pile.failed - pile.told
        if missing:
            pile.told += missing
            log.warning(
                "%s: transitions are kept again; %d before are missing from its history",
                identifier,
                missing,
            )
