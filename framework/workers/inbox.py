"""An owner's inbox: a queue with a file descriptor, so that a selector can wait for it."""

import os
import queue
import weakref
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """Anyone may put, from any thread, at any time; one owner drains."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._wakeup)

    def fileno(self) -> int:
        """Return the descriptor that is readable while something waits."""
        return self._wakeup

    def put(self, item: Item) -> None:
        """Add an item and wake the owner; never blocks."""
        self._items.put(item)
        os.eventfd_write(self._wakeup, 1)

    def drain(self) -> list[Item]:
        """Return what waits, oldest first."""
        try:
            os.eventfd_read(self._wakeup)
        except BlockingIOError:
            return []
        items = []
        while not self._items.empty():
            items.append(self._items.get_nowait())
        return items
