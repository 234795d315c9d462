"""The list of environments as operators read it, with the disk space that each takes."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from msgspec import Struct

from framework.environments.installed import leases
from framework.environments.installed.built import Built
from framework.environments.upkeep.uses import UNUSED, Uses

BLOCK = 512  # bytes; the unit of st_blocks on every file system


class Size(Struct, frozen=True):
    """In bytes; `own` is what removing it frees, `shared` has links from elsewhere as well."""

    own: int
    shared: int


class Row(Struct, frozen=True, rename="camel"):
    """One environment: times are ISO 8601, sizes bytes; `own_size` is what removing it frees.

    `why` is the reason it was built for; what a damaged receipt cannot tell is empty.
    """

    key: str
    path: str
    used_by: tuple[str, ...]
    previous_of: tuple[str, ...]
    in_use: bool
    python: str
    packages: list[str]
    own_size: int
    shared_size: int
    built_at: str
    last_used_at: str
    why: str


def row(environment: Built, uses: Uses) -> Row:
    """Describe one environment."""
    use, receipt = uses.get(environment.key, UNUSED), environment.receipt
    size = measure(environment.path)
    return Row(
        key=environment.key,
        path=str(environment.path),
        used_by=use.current,
        previous_of=use.previous,
        in_use=leases.in_use(environment.path),
        python=receipt.python.release if receipt else "",
        packages=receipt.packages if receipt else [],
        own_size=size.own,
        shared_size=size.shared,
        built_at=receipt.built_at if receipt else "",
        last_used_at=datetime.fromtimestamp(environment.last_used, UTC).isoformat(
            timespec="seconds"
        ),
        why=receipt.why if receipt else "",
    )


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
    walk = os.walk(folder)
    below = (f"{parent}/{name}" for parent, folders, files in walk for name in folders + files)
    for path in chain([str(folder)], below):
        with suppress(FileNotFoundError):
            yield os.lstat(path)
