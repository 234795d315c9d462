"""Write many lines at once: where others keep Python busy, each call of the kernel costs a turn."""

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
    """Write the lines that fit into `most` bytes, and one at least; return how many bytes they are.

    They are taken from `lines`; where OSError is raised, the rest is left in there. `ready` is
    asked before each call how much may be given to the kernel.
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
