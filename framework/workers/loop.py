"""What an owner and its parts share: inbox, timers, log, and the one wait for all of them."""

import logging
import os
import queue
import selectors
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from framework.events import Delivery
from framework.journal import Transition
from framework.machine.start_gate import StartGate
from framework.masking import Hide
from framework.workers.notes import Note

LONGEST_WAIT = 60.0  # seconds; a guard only: everything that matters wakes the selector

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """A queue with a file descriptor, so that a selector can wait for it.

    Any thread may put, at any time; only the owner drains.
    """

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._wakeup)

    def fileno(self) -> int:
        """Return the descriptor that is readable while the inbox holds something."""
        return self._wakeup

    def put(self, item: Item) -> None:
        """Add an item and wake the owner; never blocks."""
        self._items.put(item)
        os.eventfd_write(self._wakeup, 1)

    def drain(self) -> list[Item]:
        """Remove and return all items, oldest first."""
        try:
            os.eventfd_read(self._wakeup)
        except BlockingIOError:
            return []
        items = []
        while not self._items.empty():
            items.append(self._items.get_nowait())
        return items


class Timers:
    """What an owner has to do later, by name; setting a name again replaces it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._timers: dict[str, tuple[float, Callable[[], None]]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._timers

    def set(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` in so many seconds, unless the name is set again or cleared before."""
        self._timers[name] = (self.clock() + seconds, action)

    def clear(self, *names: str) -> None:
        """Forget these names."""
        for name in names:
            self._timers.pop(name, None)

    def wait(self, longest: float) -> float:
        """Return the seconds until the next one is due, at most `longest`."""
        next_due = min((due for due, _ in self._timers.values()), default=float("inf"))
        return max(0.0, min(longest, next_due - self.clock()))

    def run_due(self) -> None:
        """Run and forget what is due."""
        now = self.clock()
        for name, (due, action) in tuple(self._timers.items()):
            if due <= now and self._timers.get(name) == (due, action):
                del self._timers[name]
                action()


class Ledger(Protocol):
    """The part of the journal that an owner and its lanes need."""

    def count_attempt(self, delivery: Delivery) -> Delivery:
        """Store that the delivery is about to be sent; return it with its new number."""
        ...

    def give_back(self, delivery: Delivery) -> None:
        """Store that the delivery must be sent again."""
        ...

    def done(self, deliveries: Iterable[Delivery]) -> None:
        """Store that the effects of these deliveries are stored."""
        ...

    def note(self, transition: Transition) -> None:
        """Store a change of state eventually; never blocks."""
        ...


class Shared(Struct, frozen=True):
    """What all integrations share; none of them can block it or fill it.

    `hide` takes the secrets of an integration out of a text.
    """

    ledger: Ledger
    start_gate: StartGate
    hide: Callable[[str, str], str] = lambda _identifier, text: text


class Loop:
    """For the owner's thread; any thread may put into `inbox` and look at `stopping`."""

    def __init__(self, identifier: str, stopping: threading.Event, shared: Shared):
        self.identifier = identifier
        self.stopping = stopping
        self.shared = shared
        self.log = logging.getLogger(f"integration.{identifier}")
        self.inbox: Inbox[Note] = Inbox()
        self.selector = selectors.DefaultSelector()
        self.timers = Timers()
        self.hide: Hide = partial(shared.hide, identifier)
        self.selector.register(self.inbox, selectors.EVENT_READ, lambda: None)

    def wait(self) -> list[Note]:
        """Wait for a descriptor or a timer, call what is registered; return the new notes."""
        for key, _ in self.selector.select(self.timers.wait(LONGEST_WAIT)):
            key.data()
        return self.inbox.drain()
