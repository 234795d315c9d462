"""What an owner and its parts share: inbox, timers, log, and the one wait for all of them."""

import logging
import selectors
import threading

from msgspec import Struct

from framework.machine.start_gate import Starts
from framework.workers.delivery.lane import Ledger
from framework.workers.inbox import Inbox
from framework.workers.notes import Note
from framework.workers.timers import Timers

LONGEST_WAIT = 60.0  # seconds; a guard only: everything that matters wakes the selector


class Shared(Struct, frozen=True):
    """What all integrations share; none can hold it or fill it."""

    ledger: Ledger
    starts: Starts


class Desk:
    """Used by the owner's thread; anyone may put into `inbox`, and look at `stopping`."""

    def __init__(self, identifier: str, stopping: threading.Event, shared: Shared):
        self.identifier = identifier
        self.stopping = stopping
        self.shared = shared
        self.log = logging.getLogger(f"integration.{identifier}")
        self.inbox: Inbox[Note] = Inbox()
        self.selector = selectors.DefaultSelector()
        self.timers = Timers()
        self.selector.register(self.inbox, selectors.EVENT_READ, lambda: None)

    def wait(self) -> list[Note]:
        """Wait until something happens, do what it asks for; return the notes that came."""
        for key, _ in self.selector.select(self.timers.wait(LONGEST_WAIT)):
            key.data()
        return self.inbox.drain()
