"""How much disk an environment takes: what is its own, and what it shares through hard links."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

BLOCK = 512  # bytes; the unit of st_blocks on every file system


class Size(Struct, frozen=True):
    """In bytes; `own` is what removing it frees, `shared` has links from elsewhere as well."""

    own: int
    shared: int


def measure(folder: Path) -> Size:
    """Add up what lies in a folder; it may be removed meanwhile."""
    links: Counter[int] = Counter()
    found: dict[int, os.stat_result] = {}
    for status in _entries(folder):
        links[status.st_ino] += 1
        found[status.st_ino] = status
    own = shared = 0
    for number, status in found.items():
        if stat.S_ISDIR(status.st_mode) or status.st_nlink <= links[number]:
            own += status.st_blocks * BLOCK
        else:
            shared += status.st_blocks * BLOCK
    return Size(own, shared)


def _entries(folder: Path) -> Iterator[os.stat_result]:
    yield from _status(folder)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield from _status(f"{parent}/{name}")


def _status(path: Path | str) -> Iterator[os.stat_result]:
    with suppress(FileNotFoundError):
        yield os.lstat(path)
