"""One try of a delivery in one process: what its lane and its process exchange."""

import queue
from collections.abc import Callable

from msgspec import Struct

from framework.errors import FrameworkError, ProtocolError, SourceError
from framework.events import Delivery
from framework.protocol.messages import WINDOW, Ack, Cancel, Done, KindDone, Message, Page, Progress


class Deadlines(Struct, frozen=True):
    """Seconds that a process may take.

    `idle`: until the next page or progress, `cancel`: to answer `cancel`, `death`: to die then.
    """

    idle: float = 300
    cancel: float = 30
    death: float = 60


PATIENT = Deadlines()


class Attempt:
    """A queue of its own, bound to the process that the delivery was sent to.

    The reader of that process puts messages in, the lane takes them out. What arrives after the
    end is dropped: a late `kindDone` would allow a deletion.
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
        self._arrived: queue.SimpleQueue[Page | KindDone | Progress | Done | FrameworkError] = (
            queue.SimpleQueue()
        )
        self._seq = 0
        self._acked = 0
        self._ended = False  # set by the reader's side: nothing more is taken in
        self._broken = False  # a frame was lost: after that only `done` matters
        self._asked = False  # the process got this delivery
        self._answered = False  # the process said `done`, or is gone

    # --- the reader's and the owner's side

    def arrived(self, message: Page | KindDone | Progress | Done) -> None:
        """Take what the process sent; raise ProtocolError if it breaks the rules of paging."""
        if self._ended or (self._broken and not isinstance(message, Done)):
            return
        match message:
            case Page(seq=seq):
                if seq != self._seq + 1:
                    raise ProtocolError(f"page {seq} came after page {self._seq}")
                if seq - self._acked > WINDOW:
                    raise ProtocolError(f"page {seq} came before page {seq - WINDOW} was acked")
                self._seq = seq
            case Done(pages=pages):
                if pages not in {None, self._seq} and not self._broken:
                    raise ProtocolError(f"{pages} pages were sent, {self._seq} came")
                self._ended = True
            case KindDone() | Progress():
                pass
        self._arrived.put(message)

    def end(self, error: FrameworkError) -> None:
        """Let the lane's `receive` raise once it has received what came before."""
        self._ended = True
        self._arrived.put(error)

    def fail(self, reason: str) -> None:
        """Give the delivery up because of a broken frame; `settle` still waits for its `done`."""
        self._broken = True
        self._arrived.put(SourceError(reason))

    # --- the lane's side

    def ask(self, message: Message) -> None:
        """Send the message that makes the process work on this delivery."""
        self._asked = True
        self._send(message)

    def ack(self, page: Page) -> None:
        """Tell the process that this page is finished."""
        self._acked = page.seq
        self._send(Ack(self.delivery.id, page.seq))

    def receive(self) -> Page | KindDone | Done:
        """Wait for the next message.

        Raises SourceError on a broken frame or after 5 minutes of silence, ProcessGoneError when
        the process died, StoppedError when it is being stopped.
        """
        seconds = self._deadlines.idle
        while True:
            try:
                message = self._take(seconds)
            except queue.Empty:
                silence = f"neither a page nor progress came for {seconds:.0f} s"
                raise SourceError(f"{silence}; the delivery is cancelled") from None
            if isinstance(message, FrameworkError):
                raise message
            if not isinstance(message, Progress):
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

    def _take(self, seconds: float) -> Page | KindDone | Progress | Done | FrameworkError:
        message = self._arrived.get(timeout=seconds)
        if isinstance(message, Done | FrameworkError) and not isinstance(message, SourceError):
            self._answered = True
        return message

    def _drain(self, seconds: float) -> bool:
        try:
            while not self._answered:  # it ends: without acks at most WINDOW pages can come
                self._take(seconds)
        except queue.Empty:
            return False
        return True


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
