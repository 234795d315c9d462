"""One piece of work for all threads that ask for it at the same time; they share its outcome.

If an index is down, a thread that waited for another to find that out need not find out again.
"""

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Event
from typing import Generic, TypeVar

from framework.environments import turns
from framework.errors import BuildError, BuildUnavailableError, StoppedError

T = TypeVar("T")


class Shared(Generic[T]):
    """Work by what it is for. Work of one key has the same outcome, whichever thread does it.

    No lock is needed: `setdefault` decides at once which of several threads comes first.
    """

    def __init__(self) -> None:
        self._begun: dict[Hashable, Future[T]] = {}

    def outcome(
        self,
        key: Hashable,
        work: Callable[[], T],
        stop: Event,
        waiting: Callable[[], None],
        *,
        seconds: float = turns.LONGEST_WAIT,
    ) -> T:
        """Return what `work` made, here or in the thread that began before; raise what it raised.

        `waiting` is called before each wait. If the other thread was stopped, or failed in a way
        of its own, the next one does the work. Raises StoppedError, BuildUnavailableError after so
        many seconds.
        """
        deadline = time.monotonic() + seconds
        while True:
            mine: Future[T] = Future()
            begun = self._begun.setdefault(key, mine)
            if begun is mine:
                return self._done(key, mine, work)
            waiting()
            _wait(begun, stop, deadline)
            if isinstance(begun.exception(), BuildError | OSError | None):
                return begun.result()

    def _done(self, key: Hashable, mine: Future[T], work: Callable[[], T]) -> T:
        try:
            made = work()
        except BaseException as error:
            del self._begun[key]  # who comes from now on tries again
            mine.set_exception(error)
            raise
        del self._begun[key]
        mine.set_result(made)
        return made


def _wait(begun: Future[T], stop: Event, deadline: float) -> None:
    while not begun.done():
        if stop.wait(turns.POLL_SECONDS):
            raise StoppedError("stopped while another build of the same environment ran")
        if time.monotonic() > deadline:
            raise BuildUnavailableError(
                "another build of the same environment has not ended; it is tried again. "
                "`describe` and the log of that integration say what it waits for."
            )
