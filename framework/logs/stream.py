"""Standard output and error, which may be full, closed, or a pipe that nobody reads.

It is not made non-blocking, for other processes may share it. Once nothing may block, each write is
so small that the kernel takes it at once or reports that there is no room.
"""

import errno
import select
import threading
from collections import deque

from framework.logs import chunk

STDOUT = 1
STDERR = 2
CHUNK = 64 * 1024  # bytes per write
LOOK_MS = 200  # how long `hurry` may go unnoticed


class Stream:
    """Writes lines to a descriptor; after `hurry` it no longer waits for the reader."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._hurried = threading.Event()

    def hurry(self) -> None:
        """Stop waiting: what the kernel does not take at once is not written."""
        self._hurried.set()

    def write(self, _owner: str, lines: deque[bytes]) -> None:
        """Write and remove `lines`; those that an OSError kept from being written stay."""
        while lines:
            chunk.write(self._descriptor, lines, CHUNK, self._room)

    def _room(self) -> int:
        """Wait until something can be written; return how many bytes.

        Before `hurry` that may be more than the kernel takes at once: then the writer's thread
        blocks, which has nothing else to do.
        """
        while not self._poll.poll(0 if self._hurried.is_set() else LOOK_MS):
            if self._hurried.is_set():
                raise BlockingIOError(errno.EAGAIN, "nobody reads it")
        return select.PIPE_BUF if self._hurried.is_set() else CHUNK
