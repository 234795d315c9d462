"""One try of a delivery in one process: what its lane and its process exchange."""

import queue
import time
from collections.abc import Callable

from msgspec import Struct

from framework.errors import FrameworkError, ProtocolError, SourceError
from framework.events import Delivery
from framework.protocol.messages import (
    WINDOW,
    WINDOW_BYTES,
    Ack,
    Cancel,
    Done,
    KindDone,
    Message,
    Page,
    Progress,
    Resync,
)


class Deadlines(Struct, frozen=True):
    """Seconds that a process may take.

    `idle`: until the next page or progress, `cancel`: to answer `cancel`, `death`: to die then.
    """

    idle: float = 300
    cancel: float = 30
    death: float = 60


PATIENT = Deadlines()
SHOWN = 100  # characters of a kind that nobody asked for


class Attempt:
    """A queue of its own, bound to the process that the delivery was sent to.

    The reader of that process puts messages in, the lane takes them out. What arrives after the
    end is dropped: a late `kindDone` would allow a deletion. The queue is bounded by the window,
    by the kinds that were asked for, and by one error and one end.
    """

    def __init__(
        self,
        delivery: Delivery,
        send: Callable[[Message], None],
        give_up: Callable[[str], None],
        deadlines: Deadlines = PATIENT,
    ):
        self.delivery = delivery
        self._send = send
        self._give_up = give_up
        self._deadlines = deadlines
        self._arrived: queue.SimpleQueue[Page | KindDone | Done | FrameworkError] = (
            queue.SimpleQueue()
        )
        self._kinds: frozenset[tuple[str, int]] = frozenset()  # the process was asked for
        self._acked = 0, 0  # the last page of which the process was told, and the bytes up to it
        self._asked = False  # the process got this delivery
        self._answered = False  # the process said `done`, or is gone
        # Only the reader's side changes these, until the end:
        self._seq = 0
        self._bytes = 0  # of all pages
        self._ends: dict[int, int] = {}  # the bytes up to each page that is not acked
        self._kinds_done: set[tuple[str, int]] = set()
        self._progress_at = float("-inf")
        self._ended = False  # nothing more is taken in
        self._broken = False  # a frame was lost: after that only `done` matters

    # --- the reader's and the owner's side

    def arrived(self, message: Page | KindDone | Progress | Done, size: int) -> None:
        """Take what the process sent in a line of `size` bytes.

        Raises ProtocolError if it breaks the rules of paging.
        """
        if self._ended or (self._broken and not isinstance(message, Done)):
            return
        match message:
            case Progress():
                self._progress_at = time.monotonic()
            case Page():
                self._page(message, size)
            case KindDone():
                self._kind_done(message)
            case Done(pages=pages):
                if pages not in {None, self._seq} and not self._broken:
                    raise ProtocolError(f"{pages} pages were sent, {self._seq} came")
                self._ended = True
                self._arrived.put(message)

    def end(self, error: FrameworkError) -> None:
        """Let the lane's `receive` raise once it has received what came before."""
        self._ended = True
        self._arrived.put(error)

    def fail(self, reason: str) -> None:
        """Give the delivery up because of a frame; `settle` still waits for its `done`."""
        if not self._ended and not self._broken:
            self._broken = True
            self._arrived.put(SourceError(reason))

    def _page(self, page: Page, size: int) -> None:
        acked, acked_bytes = self._acked
        if page.seq != self._seq + 1:
            raise ProtocolError(f"page {page.seq} came after page {self._seq}")
        if page.seq - acked > WINDOW:
            raise ProtocolError(f"page {page.seq} came before page {page.seq - WINDOW} was acked")
        if (waiting := self._bytes + size - acked_bytes) > WINDOW_BYTES:
            raise ProtocolError(f"{waiting} bytes of pages came before page {acked + 1} was acked")
        self._seq = page.seq
        self._bytes += size
        self._ends[page.seq] = self._bytes
        self._arrived.put(page)

    def _kind_done(self, message: KindDone) -> None:
        key = message.kind, message.index
        if key not in self._kinds:
            kind = message.kind[:SHOWN]
            self.fail(f"it sent the end of kind {kind!r}, which was not asked for")
            return
        if key in self._kinds_done:
            raise ProtocolError(f"a second `kindDone` came for kind {key[0]!r} (index {key[1]})")
        self._kinds_done.add(key)
        self._arrived.put(message)

    # --- the lane's side

    def ask(self, message: Message) -> None:
        """Send the message that makes the process work on this delivery."""
        if isinstance(message, Resync):
            self._kinds = frozenset((one.kind, one.index) for one in message.kinds)
        self._asked = True
        self._send(message)

    def ack(self, page: Page) -> None:
        """Tell the process that this page is finished."""
        self._acked = page.seq, self._ends.pop(page.seq)
        self._send(Ack(self.delivery.id, page.seq))

    def receive(self) -> Page | KindDone | Done:
        """Wait for the next message.

        Raises SourceError on a broken frame or after 5 minutes of silence, ProcessGoneError when
        the process died, StoppedError when it is being stopped.
        """
        idle, began = self._deadlines.idle, time.monotonic()
        while (message := self._take(max(began, self._progress_at) + idle)) is None:
            if time.monotonic() >= self._progress_at + idle:
                silence = f"neither a page nor progress came for {idle:.0f} s"
                raise SourceError(f"{silence}; the delivery is cancelled")
        if isinstance(message, FrameworkError):
            raise message
        return message

    def settle(self, reason: str) -> None:
        """Make sure that the process no longer works on this delivery: cancel, wait, then kill."""
        if not self._asked or self._answered:
            return
        self._send(Cancel(self.delivery.id, reason))
        if self._drain(self._deadlines.cancel):
            return
        self._give_up(f"it did not answer `cancel` within {self._deadlines.cancel:.0f} s")
        self._drain(self._deadlines.death)

    def _take(self, until: float) -> Page | KindDone | Done | FrameworkError | None:
        """Return the next message, or None if there is none `until` then."""
        try:
            message = self._arrived.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None
        if isinstance(message, Done | FrameworkError) and not isinstance(message, SourceError):
            self._answered = True
        return message

    def _drain(self, seconds: float) -> bool:
        """Drop what still comes, for so many seconds; tell whether the process has answered."""
        until = time.monotonic() + seconds
        while not self._answered and self._take(until):
            pass
        return self._answered


class Job(Struct, frozen=True):
    """An attempt, and the waiting deliveries that are done when it is."""

    attempt: Attempt
    absorbed: list[Delivery]


class Settled(Struct, frozen=True):
    """How a job ended: `again` must be sent again, `error` is why it failed on our side.

    `trouble` is what went wrong although its deliveries are done.
    """

    job: Job
    again: list[Delivery] = []
    error: str | None = None
    trouble: str | None = None

    @property
    def interrupted(self) -> bool:
        """Tell whether it ended early, so that its outcome is unknown."""
        return bool(self.again) and self.error is None
