import json
from collections import deque
from types import SimpleNamespace

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaConnectionError

from framework.triggers.kafka.connection import Topics

TOPIC = "org_1.integration.resync.requests"
PARTITION = TopicPartition(TOPIC, 0)


class FakeConsumer:
    """What we use of a KafkaConsumer, on dicts; `answers` are what `poll` returns or raises."""

    def __init__(self):
        self.assigned = set()
        self.offsets = {}
        self.ends = {}
        self.seeks = []
        self.subscriptions = []
        self.answers = deque()
        self.is_down = False

    def assignment(self):
        return self.assigned

    def committed(self, partition, timeout_ms):
        self._answer(timeout_ms)
        return self.offsets.get(partition)

    def end_offsets(self, partitions, timeout_ms):
        self._answer(timeout_ms)
        return {partition: self.ends.get(partition, 0) for partition in partitions}

    def commit(self, marks, timeout_ms):
        self._answer(timeout_ms)
        self.offsets.update({partition: mark.offset for partition, mark in marks.items()})

    def seek(self, partition, offset):
        self.seeks.append((partition, offset))

    def subscribe(self, topics):
        self.subscriptions.append(topics)

    def unsubscribe(self):
        self.subscriptions.append(())

    def poll(self, timeout_ms, max_records):
        assert timeout_ms
        assert max_records
        answer = self.answers.popleft() if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answer(self, timeout_ms):
        assert timeout_ms
        if self.is_down:
            raise KafkaConnectionError("111 ECONNREFUSED")


class FakeConnection:
    def __init__(self, consumer):
        self.consumer = consumer
        self.answer = Topics((TOPIC,), {})
        self.closed = 0

    def topics(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ask(self):
        pass

    def close(self):
        self.closed += 1


@pytest.fixture
def consumer():
    return FakeConsumer()


@pytest.fixture
def connection(consumer):
    return FakeConnection(consumer)


@pytest.fixture
def record():
    def make(value, *, topic=TOPIC, partition=0, offset=7, timestamp=1700):
        raw = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
        return SimpleNamespace(
            topic=topic, partition=partition, offset=offset, timestamp=timestamp, value=raw
        )

    return make


@pytest.fixture
def request_for(record):
    def make(identifier, **where):
        return record({"context": {"integrationId": identifier}, "requestId": "req-1"}, **where)

    return make
