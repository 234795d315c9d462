"""A limited number of threads at the same time; the others wait, first come, first served."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Event

from framework.errors import StoppedError

POLL_SECONDS = 0.2  # how long a stop may go unnoticed
STOPPED = "stopped while waiting for its turn"


class Slots:
    """A slot that is given back goes to whoever has waited longest, never past them."""

    def __init__(self, count: int):
        self._free = deque(range(count))
        self._waiting: deque[SimpleQueue[int]] = deque()

    @contextmanager
    def taken(self, stop: Event) -> Iterator[int]:
        """Hold a slot; raise StoppedError if a stop comes first."""
        if stop.is_set():
            raise StoppedError(STOPPED)
        mine: SimpleQueue[int] = SimpleQueue()
        self._waiting.append(mine)
        self._hand_over()
        number = self._wait(mine, stop)
        try:
            yield number
        finally:
            self._free.append(number)
            self._hand_over()

    def _wait(self, mine: SimpleQueue[int], stop: Event) -> int:
        while True:
            with suppress(Empty):
                return mine.get(timeout=POLL_SECONDS)
            if stop.is_set():
                with suppress(ValueError):  # a slot is being handed over in this moment: take it
                    self._waiting.remove(mine)
                    raise StoppedError(STOPPED)

    def _hand_over(self) -> None:
        """Give free slots to those who wait; several threads may do so at the same time.

        Each thread adds its slot, or itself, before it looks, and looks again after putting a slot
        back. So they cannot leave a free slot and a waiting thread behind.
        """
        while self._free and self._waiting:
            with suppress(IndexError):  # another thread took the last one
                number = self._free.popleft()
                try:
                    self._waiting.popleft().put(number)
                except IndexError:
                    self._free.append(number)
