"""Standard error, which may be a pipe that nobody reads.

It is not made non-blocking, for it may be shared with other processes. Where nobody may be held up,
only as much is written as the kernel takes at once wherever there is room at all.
"""

import errno
import select
import threading
from collections import deque

from framework.logs import chunk

STDERR = 2
CHUNK = 64 * 1024  # bytes that are written at once
LOOK_MS = 200  # how long it may go unnoticed that nobody waits for the reader any more


class Stderr:
    """Writes lines to a descriptor; once it is hurried, it no longer waits for who reads there."""

    def __init__(self, descriptor: int = STDERR):
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._hurried = threading.Event()

    def hurry(self) -> None:
        """Wait no longer: what is not taken at once is not written."""
        self._hurried.set()

    def write(self, _owner: str, lines: deque[bytes]) -> None:
        """Take from `lines` what was written; raise OSError with the rest left in there."""
        while lines:
            chunk.write(self._descriptor, lines, CHUNK, self._room)

    def _room(self) -> int:
        """Wait until something can be written; return how much.

        Before it is hurried that may be more than is taken at once: the thread that is held up then
        has nothing else to do.
        """
        while not self._poll.poll(0 if self._hurried.is_set() else LOOK_MS):
            if self._hurried.is_set():
                raise BlockingIOError(errno.EAGAIN, "nobody reads stderr")
        return select.PIPE_BUF if self._hurried.is_set() else CHUNK
