import threading
import time

import pytest
from kafka import TopicPartition
from kafka.errors import (
    KafkaTimeoutError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)

from framework.errors import AuthError, JournalError, StoppedError
from framework.events import Hub
from framework.triggers.kafka.connection import Topics
from framework.triggers.kafka.listener import Listener
from framework.triggers.kafka.reasons import NETWORK

P0 = TopicPartition("org_1.integration.resync.requests", 0)


class House:
    """A hub that remembers, and what `connect` does, in order; the last one for ever."""

    def __init__(self, connection):
        self.events, self.resyncs, self.attempts = [], [], [connection]
        self.refusals = []
        self.stop = threading.Event()
        self.listener = Listener(
            self.connect, Hub("i1", self.accept, self.resyncs.append, self.stop)
        )

    def connect(self):
        attempt = self.attempts.pop(0) if len(self.attempts) > 1 else self.attempts[0]
        if isinstance(attempt, Exception):
            if not isinstance(attempt, StoppedError):
                NETWORK.error("111 ECONNREFUSED")
            raise attempt
        return attempt

    def accept(self, event):
        if self.refusals:
            raise self.refusals.pop(0)
        self.events.append(event)
        return 1

    def until(self, condition):
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, self.listener.status
            time.sleep(0.005)


@pytest.fixture
def house(connection, consumer):
    consumer.assigned = {P0}
    house = House(connection)
    yield house
    house.stop.set()
    house.listener.join(10)
    assert not house.listener.is_alive()
    assert house.listener.status.state == "stopped"


def listening(house):
    return lambda: house.listener.status.state == "listening"


def test_a_record_becomes_an_event_and_is_committed(house, consumer, request_for):
    consumer.answers.append({P0: [request_for("jira")]})
    house.listener.start()
    house.until(listening(house))

    assert [event.integration for event in house.events] == ["jira"]
    assert consumer.offsets == {P0: 8}
    assert house.resyncs == ["start"]
    assert house.listener.status.counters["events"] == 1


def test_a_record_that_the_journal_refuses_is_not_committed(house, consumer, request_for):
    consumer.offsets = {P0: 7}
    consumer.answers.append({P0: [request_for("jira")]})
    house.refusals = [JournalError("disk is full")]
    house.listener.start()
    house.until(lambda: house.listener.status.state == "degraded")

    assert house.listener.status.reason == "disk is full"
    assert consumer.offsets == {P0: 7}
    assert consumer.seeks == [(P0, 7)]

    house.until(listening(house))


def test_a_failed_attempt_is_explained_and_repeated(house, connection):
    house.attempts = [KafkaTimeoutError("Unable to bootstrap"), connection]
    house.listener.start()
    house.until(lambda: house.listener.status.state == "failed")
    assert "start the broker" in house.listener.status.reason

    house.until(listening(house))
    assert house.listener.status.reason is None


def test_what_port_says_is_shown_as_it_is(house):
    house.attempts = [AuthError("Port has no Kafka credentials")]
    house.listener.start()
    house.until(lambda: house.listener.status.reason == "Port has no Kafka credentials")


def test_an_unexpected_error_does_not_end_the_trigger(house, connection, caplog):
    house.attempts = [KeyError("surprise"), connection]
    house.listener.start()
    house.until(lambda: house.listener.status.state == "failed")
    assert "KeyError('surprise')" in house.listener.status.reason

    house.until(listening(house))
    assert "unexpected" in caplog.text


def test_a_connection_that_breaks_is_closed_and_made_anew(house, consumer, connection):
    consumer.answers += [{}, KafkaTimeoutError("gone")]
    house.listener.start()
    house.until(lambda: connection.closed == 1)
    house.until(listening(house))

    assert house.resyncs == ["start"]


def test_a_position_that_is_missing_is_set(house, consumer):
    consumer.answers += [{}, NoOffsetForPartitionError({P0})]
    house.listener.start()
    house.until(lambda: not consumer.answers)
    house.until(listening(house))

    assert consumer.offsets == {P0: 0}


def test_lost_records_resync_all(house, consumer):
    consumer.offsets, consumer.ends = {P0: 99}, {P0: 3}
    consumer.answers += [{}, OffsetOutOfRangeError({P0: 99})]
    house.listener.start()
    house.until(lambda: len(house.resyncs) == 2)

    assert consumer.offsets == {P0: 3}


def test_a_topic_that_is_left_out_degrades_the_trigger(house, connection):
    connection.answer = Topics((P0.topic,), {"b": "does not exist"})
    house.listener.start()
    house.until(lambda: house.listener.status.state == "degraded")

    assert "topic 'b' does not exist" in house.listener.status.reason


def test_with_no_topic_at_all_the_trigger_has_failed_and_waits_for_one(house, connection, consumer):
    connection.answer = Topics((), {P0.topic: "does not exist"})
    consumer.assigned = set()
    house.listener.start()
    house.until(lambda: house.listener.status.state == "failed")

    assert house.resyncs == []


def test_a_topic_that_turns_out_unreadable_is_named(house, connection, consumer):
    connection.answer = Topics((P0.topic, "b"), {})
    consumer.answers.append(TopicAuthorizationFailedError({"b"}))
    house.listener.start()
    house.until(lambda: house.listener.status.state == "degraded")

    assert "topic 'b' may not be read" in house.listener.status.reason


def test_offsets_that_are_not_committed_degrade_the_trigger(house, consumer, request_for):
    consumer.offsets = {P0: 7}
    house.listener.start()
    house.until(listening(house))
    consumer.is_down = True
    consumer.answers.append({P0: [request_for("jira")]})
    house.until(lambda: house.listener.status.state == "degraded")

    assert "commit" in house.listener.status.reason
    assert [event.integration for event in house.events] == ["jira"]


def test_before_its_partitions_are_assigned_the_trigger_is_connecting(house, consumer):
    consumer.assigned = set()
    house.listener.start()
    house.until(lambda: consumer.subscriptions)

    assert house.listener.status.state == "connecting"


def test_a_stop_while_connecting_is_no_failure(house):
    house.attempts = [StoppedError("the supervisor is stopping")]
    house.listener.start()
    house.until(lambda: house.listener.status.state == "stopped")
