"""How many may do something side by side; the others wait."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from framework.errors import StoppedError

POLL_SECONDS = 0.2  # how long a stop may go unnoticed


class Slots:
    """Whoever begins takes a slot from the queue and puts it back at the end."""

    def __init__(self, count: int):
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(count):
            self._free.put(number)

    @contextmanager
    def taken(self, stop: Event) -> Iterator[int]:
        """Hold a slot; raise StoppedError if a stop comes first."""
        number = self._take(stop)
        try:
            yield number
        finally:
            self._free.put(number)

    def _take(self, stop: Event) -> int:
        while not stop.is_set():
            try:
                return self._free.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
        raise StoppedError("stopped while waiting for its turn")
