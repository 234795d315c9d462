"""The thread that writes the lines of a backlog and reports how many are missing."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Protocol

from framework.logs.backlog import Backlog, Line

IDLE_SECONDS = 3600.0  # lines end the wait; every wait needs an end
TOO_MANY = "they came faster than they could be written"


class Sink(Protocol):
    """Where lines go."""

    def write(self, owner: str, lines: deque[bytes], /) -> None:
        """Write and remove `lines`; those that an OSError kept from being written stay."""
        ...


class Writer(threading.Thread):
    """Takes batches from its backlog and writes them in the order that `arrange` gives them.

    `missing` makes the line that says how many of an owner's lines are missing, and why. `failing`
    is called with an owner and a reason when writing begins to fail.
    """

    def __init__(
        self,
        sink: Sink,
        backlog: Backlog,
        missing: Callable[[str, int, str], bytes],
        arrange: Callable[[list[Line]], Iterable[Line]] = iter,
        failing: Callable[[str, str], None] = lambda _owner, _reason: None,
    ):
        super().__init__(name=f"log writer to {type(sink).__name__.lower()}", daemon=True)
        self._sink = sink
        self._missing = missing
        self._arrange = arrange
        self._failing = failing
        self._reasons: dict[str, str] = {}  # of owners whose last write failed
        self.backlog = backlog

    def run(self) -> None:
        """Write until the backlog has ended."""
        while not self.backlog.ended:
            self._write_all(self.backlog.take(IDLE_SECONDS))

    def _write_all(self, batch: list[Line]) -> None:
        for (owner, refused), group in groupby(
            self._arrange(batch), lambda line: (line.owner, line.refused)
        ):
            self._report(owner, refused)
            lines = deque(line.data for line in group)
            try:
                self._sink.write(owner, lines)
            except OSError as error:
                self.backlog.share(owner).failed += len(lines)
                self._note_failure(owner, error)
        for owner in {line.owner for line in batch}:
            share = self.backlog.share(owner)
            if share.added == share.taken:  # no line follows that would report it
                self._report(owner, share.refused)

    def _report(self, owner: str, refused: int) -> None:
        """Write how many lines are missing here, unless the log says so already."""
        share = self.backlog.share(owner)
        count = refused + share.failed - share.reported
        if count <= 0:
            return
        note = deque([self._missing(owner, count, self._reasons.get(owner, TOO_MANY))])
        try:
            self._sink.write(owner, note)
        except OSError as error:
            self._note_failure(owner, error)
        else:
            share.reported += count
            self._reasons.pop(owner, None)

    def _note_failure(self, owner: str, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        if owner not in self._reasons:
            self._failing(owner, reason)
        self._reasons[owner] = reason
