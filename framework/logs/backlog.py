"""The lines that wait to be written: whoever adds one never waits, and each owner has a share.

Who adds lines must do so one at a time (`logging` sees to that), and one thread takes them.
"""

from collections.abc import Iterable
from queue import Empty, SimpleQueue

from msgspec import Struct

LARGEST = 4 * 1024 * 1024  # bytes of one owner that may wait
BATCH = 256 * 1024  # bytes that are taken at once, about


class Line(Struct, frozen=True):
    """A line, whose it is, and how many of this owner had been refused before it."""

    owner: str
    data: bytes
    refused: int = 0


class Share:
    """What one owner has waiting, and has lost; each number is changed by one side alone."""

    def __init__(self) -> None:
        self.added = 0  # bytes
        self.refused = 0  # lines for which there was no room
        self.taken = 0  # bytes
        self.failed = 0  # lines that could not be written
        self.told = 0  # lines, refused or failed, whose loss the log tells of


class Backlog:
    """Holds lines in the order in which they came, at most `room` bytes of them.

    An owner may use 4 MiB, or less where there are so many owners that it would not do for all.
    """

    def __init__(self, room: int):
        self._room = room
        self._lines: SimpleQueue[Line | None] = SimpleQueue()
        self._shares: dict[str, Share] = {}
        self.ended = False

    def add(self, owner: str, data: bytes) -> None:
        """Have a line written; it is dropped and counted if its owner's share is used up."""
        share = self.share(owner)
        waiting = share.added - share.taken
        if waiting and waiting + len(data) > min(LARGEST, self._room // len(self._shares)):
            share.refused += 1
            return
        share.added += len(data)
        self._lines.put(Line(owner, data, share.refused))

    def end(self) -> None:
        """Have `take` return the lines that are here, and then no more."""
        self._lines.put(None)

    def take(self, seconds: float) -> list[Line]:
        """Wait at most so long for lines; return a batch of them, `ended` once it is the last."""
        batch: list[Line] = []
        size = 0
        while size < BATCH and (line := self._next(0 if batch else seconds)):
            batch.append(line)
            size += len(line.data)
            self.share(line.owner).taken += len(line.data)
        return batch

    def share(self, owner: str) -> Share:
        """Return what is known of an owner."""
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
