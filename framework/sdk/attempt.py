"""One delivery in progress: its window of pages, and whether it was given up."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator

from framework.protocol.messages import Message

WAKE_SECONDS = 5.0  # no wait without an end; acks and a cancel wake it at once


class Cancelled(BaseException):
    """The delivery was given up: let it pass, and the handler ends.

    No `Exception`, as asyncio's own is none: an author's `except Exception` must not hold it up.
    """


class Attempt:
    """The reader thread posts acks and a cancel; the working thread asks for room for each page."""

    def __init__(
        self, delivery: str, window: int, window_bytes: int, send: Callable[[Message], None]
    ) -> None:
        self.delivery = delivery
        self.send = send
        self.started = time.monotonic()
        self._window = window
        self._window_bytes = window_bytes
        self._sent = [0]  # bytes of the first 0, 1, 2 … pages
        self._acked = 0
        self._acks: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._wakers: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the delivery was given up."""
        return self._cancelled.is_set()

    @property
    def pages(self) -> int:
        """How many pages were sent."""
        return len(self._sent) - 1

    def ack(self, seq: int) -> None:
        """Record that the supervisor has finished every page up to `seq`."""
        self._acks.put(seq)

    def cancel(self) -> None:
        """Give the delivery up and wake everything that waits in it."""
        self._cancelled.set()
        self._acks.put(0)
        for wake in tuple(self._wakers):
            wake()

    def turn(self, size: int) -> None:
        """Wait until the window has room for a page of `size` bytes, and count it."""
        while not self._has_room(size) and not self.cancelled:
            with contextlib.suppress(queue.Empty):
                self._acked = max(self._acked, self._acks.get(timeout=WAKE_SECONDS))
        self.check()
        self._sent.append(self._sent[-1] + size)

    def check(self) -> None:
        """Raise Cancelled if the delivery was given up."""
        if self.cancelled:
            raise Cancelled(f"{self.delivery} was given up")

    def _has_room(self, size: int) -> bool:
        waiting = self._sent[-1] - self._sent[self._acked]
        fits = self.pages - self._acked < self._window and waiting + size <= self._window_bytes
        return fits or self.pages == self._acked

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` on a cancel, or now if the cancel came before."""
        self._wakers.append(wake)
        try:
            if self.cancelled:
                wake()
            yield
        finally:
            self._wakers.remove(wake)
