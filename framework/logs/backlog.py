"""The lines that wait to be written. Adding one never blocks, and each owner has a share.

Only one thread at a time may add lines (`logging` ensures it), and one thread takes them.
"""

from collections.abc import Iterable
from queue import Empty, SimpleQueue

from msgspec import Struct

LARGEST = 4 * 1024 * 1024  # bytes of one owner that may wait
BATCH = 256 * 1024  # bytes that are taken at once, roughly


class Line(Struct, frozen=True):
    """A line, its owner, and how many lines of this owner were refused before it."""

    owner: str
    data: bytes
    refused: int = 0


class Share:
    """What of one owner waits, and what was lost; only one thread changes each number."""

    def __init__(self) -> None:
        self.added = 0  # bytes
        self.refused = 0  # lines for which there was no room
        self.taken = 0  # bytes
        self.failed = 0  # lines that could not be written
        self.reported = 0  # lines, refused or failed, whose loss the log mentions


class Backlog:
    """Holds lines in the order in which they came, at most `room` bytes of them.

    An owner may use 4 MiB, or an equal share of the room if that is less.
    """

    def __init__(self, room: int):
        self._room = room
        self._lines: SimpleQueue[Line | None] = SimpleQueue()
        self._shares: dict[str, Share] = {}
        self.ended = False

    def add(self, owner: str, data: bytes) -> None:
        """Add a line; drop and count it if its owner's share is used up."""
        share = self.share(owner)
        waiting = share.added - share.taken
        if waiting and waiting + len(data) > min(LARGEST, self._room // len(self._shares)):
            share.refused += 1
            return
        share.added += len(data)
        self._lines.put(Line(owner, data, share.refused))

    def end(self) -> None:
        """Have `take` return the lines that are here and then end."""
        self._lines.put(None)

    def take(self, seconds: float) -> list[Line]:
        """Wait for lines, at most so long; return a batch, which is the last one once `ended`."""
        batch: list[Line] = []
        size = 0
        while size < BATCH and (line := self._next(0 if batch else seconds)):
            batch.append(line)
            size += len(line.data)
            self.share(line.owner).taken += len(line.data)
        return batch

    def share(self, owner: str) -> Share:
        """Return an owner's share."""
        if owner not in self._shares:
            self._shares[owner] = Share()
        return self._shares[owner]

    @property
    def shares(self) -> Iterable[Share]:
        """Every owner's."""
        return tuple(self._shares.values())

    def _next(self, seconds: float) -> Line | None:
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            return None
        if line is None:
            self.ended = True
        return line
