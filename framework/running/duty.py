"""What the main thread does in its rounds: whatever fails is logged, and tried again later."""

import logging
import time
from collections.abc import Callable

PAUSE_SECONDS = 10.0  # after a failure

log = logging.getLogger("supervisor")


class Duty:
    """A piece of work that may fail, whatever the reason, without ending its thread."""

    def __init__(
        self, name: str, work: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ):
        self._name = name
        self._work = work
        self._clock = clock
        self._again = 0.0
        self._failure: str | None = None

    def do(self) -> None:
        """Do it, unless it failed a moment ago; the same failure is logged once."""
        if self._failure is not None and self._clock() < self._again:
            return
        try:
            self._work()
        except Exception as error:
            self._again = self._clock() + PAUSE_SECONDS
            if repr(error) != self._failure:
                again = f"it is tried again every {PAUSE_SECONDS:.0f} s"
                log.exception("%s failed; %s", self._name, again)
            self._failure = repr(error)
        else:
            if self._failure is not None:
                log.info("%s works again", self._name)
            self._failure = None
