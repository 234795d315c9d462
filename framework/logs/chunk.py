"""Write many lines at once: each system call gives the GIL away, and others may keep it long."""

import os
from collections import deque
from collections.abc import Callable
from itertools import accumulate, takewhile

LARGEST_PIECE = 1024 * 1024  # bytes given to the kernel at once


def write(
    file: int,
    lines: deque[bytes],
    most: int,
    ready: Callable[[], int] = lambda: LARGEST_PIECE,
) -> int:
    """Write the lines that fit into `most` bytes, at least one; return how many bytes that were.

    Lines that were written are removed from `lines`, also if OSError is raised. `ready` is called
    before each write and returns how many bytes it may have.
    """
    fitting = sum(1 for _ in takewhile(lambda size: size <= most, accumulate(map(len, lines))))
    chunk = [lines[index] for index in range(max(1, fitting))]
    data = b"".join(chunk)
    written = 0
    try:
        while written < len(data):
            piece = ready()
            written += os.write(file, data[written : written + piece])
    finally:
        for _ in takewhile(lambda size: size <= written, accumulate(map(len, chunk))):
            lines.popleft()
    return written
