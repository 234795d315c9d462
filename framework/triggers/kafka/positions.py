"""Where reading begins and how far it has got.

A group reads on from its last commit. For a partition without one we commit its *end* and only then
resync everything: earlier records are in Port by then, later ones are read.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kafka import OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

log = logging.getLogger(__name__)

CALL_MS = 5_000
RETRY_SECONDS = 5.0  # after a failed commit, when no record brings the next one
START = "start"
FIRST = "a partition of the trigger's topics got its first position"
LOST = "records of the trigger's topics were lost"


class Positions:
    """The offsets of one consumer group; `resync_all` takes a reason and may raise JournalError."""

    def __init__(self, resync_all: Callable[[str], None]):
        self._resync_all = resync_all
        self._settled = set[TopicPartition]()
        self._owed: str | None = START  # the reason for a resync that is not recorded yet
        self._uncommitted = dict[TopicPartition, int]()
        self._retry_at = 0.0

    @property
    def are_settled(self) -> bool:
        """Tell whether reading has begun."""
        return bool(self._settled)

    @property
    def are_behind(self) -> bool:
        """Tell whether a commit failed and none has succeeded since."""
        return bool(self._uncommitted)

    def settle(self, consumer: Any) -> None:  # kafka-python ships no types
        """Give each newly assigned partition a position; then resync if one was missing."""
        assigned = set(consumer.assignment())
        self._settled &= assigned
        fresh = assigned - self._settled
        if fresh:
            self._to_end(consumer, [one for one in sorted(fresh) if _uncommitted(consumer, one)])
            self._settled |= fresh
        if self._settled and self._owed:
            self._resync_all(self._owed)
            self._owed = None

    def unsettle(self, partitions: Iterable[TopicPartition]) -> None:
        """Forget that partitions have a position; `settle` gives them one again."""
        self._settled -= set(partitions)

    def lost(self, consumer: Any, partitions: Iterable[TopicPartition]) -> None:
        """Continue at the end of partitions whose next record no longer exists."""
        self._owed = self._owed or LOST
        self._to_end(consumer, sorted(partitions))

    def advance(self, consumer: Any, done: Mapping[TopicPartition, int]) -> None:
        """Commit the offsets of recorded records, those of failed commits too; log a failure."""
        self._uncommitted.update(done)
        if not done and time.monotonic() < self._retry_at:
            return
        assigned = consumer.assignment()
        offsets = {one: at for one, at in self._uncommitted.items() if one in assigned}
        try:
            _commit(consumer, offsets)
        except KafkaError as error:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            log.warning("offsets could not be committed, next time: %s", error)
        else:
            self._uncommitted.clear()

    def forget(self) -> None:
        """Start over with a new connection, which reads on from the last commit."""
        self._settled.clear()
        self._uncommitted.clear()

    def _to_end(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        if not partitions:
            return
        ends = consumer.end_offsets(partitions, timeout_ms=CALL_MS)
        _commit(consumer, ends)
        self._owed = self._owed or FIRST
        for partition, offset in ends.items():
            self._uncommitted.pop(partition, None)
            consumer.seek(partition, offset)
            log.info("%s[%d]: reading from offset %d", *partition, offset)


def _uncommitted(consumer: Any, partition: TopicPartition) -> bool:
    return consumer.committed(partition, timeout_ms=CALL_MS) is None


def _commit(consumer: Any, offsets: Mapping[TopicPartition, int]) -> None:
    if offsets:
        marks = {one: OffsetAndMetadata(offset, "", -1) for one, offset in offsets.items()}
        consumer.commit(marks, timeout_ms=CALL_MS)
