"""Take records in: each becomes an event in the journal, or is counted and passed over."""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from msgspec import Struct

from framework.errors import JournalError
from framework.events import Event
from framework.triggers.kafka import records
from framework.triggers.kafka.records import Passed, Record

TURN_SECONDS = 60  # the group expels a consumer that does not poll for five minutes
PASSED = tuple(reason.value for reason in Passed)

Batches = Mapping[TopicPartition, Sequence[Record]]


class Taken(Struct, frozen=True):
    """The next offset of each partition that records were taken from; an error if one ended it."""

    done: dict[TopicPartition, int]
    error: str | None = None


class Intake:
    """Passes events to `accept`, which returns how many integrations each concerns."""

    def __init__(self, accept: Callable[[Event], int], turn_seconds: float = TURN_SECONDS):
        self._accept = accept
        self._turn_seconds = turn_seconds
        self.counters = dict.fromkeys(("records", "events", "foreign", *PASSED), 0)

    def take(self, batches: Batches) -> Taken:
        """Take records in order, until the journal refuses one or it takes too long."""
        done = dict[TopicPartition, int]()
        deadline = time.monotonic() + self._turn_seconds
        for record in itertools.chain.from_iterable(batches.values()):
            try:
                self._one(record)
            except JournalError as error:
                return Taken(done, str(error))
            done[TopicPartition(record.topic, record.partition)] = record.offset + 1
            if time.monotonic() > deadline:
                break
        return Taken(done)

    def _one(self, record: Record) -> None:
        outcome = records.event(record)
        if isinstance(outcome, Passed):
            self._count(outcome.value)
        elif self._accept(outcome):
            self._count("events")
        else:
            self._count("foreign")

    def _count(self, name: str) -> None:
        # Replaced, not changed: other threads read it.
        self.counters = {
            **self.counters,
            "records": self.counters["records"] + 1,
            name: self.counters[name] + 1,
        }


def give_back(consumer: Any, batches: Batches, taken: Taken) -> None:
    """Seek back, so that the records that were not taken come again."""
    assigned = consumer.assignment()
    for partition, batch in batches.items():
        following = taken.done.get(partition, batch[0].offset)
        if following <= batch[-1].offset and partition in assigned:
            consumer.seek(partition, following)
