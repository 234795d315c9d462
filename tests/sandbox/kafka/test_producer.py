import threading
from collections.abc import Callable

import pytest
from kafka.errors import KafkaConnectionError

from framework.sandbox.kafka.producer import Producer
from framework.sandbox.port.calls import Message

SECONDS = 10


class Broker:
    """A broker of one line at a time; `fail` says how often it is away when called upon."""

    def __init__(self):
        self.lines = 0
        self.received: list[str] = []
        self.away_at_connect = 0
        self.away_at_send = 0
        self.hangs = False
        self.pause = threading.Event()
        self.delivered = threading.Semaphore(0)
        self.closed = 0

    def connect(self):
        if self.away_at_connect:
            self.away_at_connect -= 1
            raise KafkaConnectionError("nobody listens")
        self.lines += 1
        return self

    def send(self, message: Message, is_up: Callable[[], bool]) -> None:
        if self.hangs:
            self.delivered.release()
        while self.hangs and is_up():
            self.pause.wait(0.01)
        if self.away_at_send:
            self.away_at_send -= 1
            raise KafkaConnectionError("gone")
        self.received.append(message.topic)
        self.delivered.release()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def start(broker):
    started = []

    def make() -> Producer:
        producer = Producer(broker.connect)
        started.append(producer)
        producer.start()
        return producer

    yield make
    for producer in started:
        producer.end()
        producer.join(SECONDS)
        assert not producer.is_alive()


def wait_for(broker: Broker, count: int) -> None:
    for _ in range(count):
        assert broker.delivered.acquire(timeout=SECONDS)


def publish(producer: Producer, *topics: str) -> None:
    for topic in topics:
        producer.publish(Message(topic, {}))


def test_messages_are_delivered_in_order(broker, start: Callable[[], Producer]):
    producer = start()
    publish(producer, "a", "b")
    producer.renew()
    publish(producer, "c")
    wait_for(broker, 3)
    assert broker.received == ["a", "b", "c"]


def test_a_message_is_kept_while_the_broker_is_away(broker, start, caplog):
    broker.away_at_connect = 2
    broker.away_at_send = 1
    producer = start()
    publish(producer, "a", "b")
    producer.renew()
    wait_for(broker, 2)
    assert broker.received == ["a", "b"]
    warnings = [one for one in caplog.records if one.levelname == "WARNING"]
    assert len(warnings) >= 1
    assert "messages are kept" in warnings[0].getMessage()


def test_a_broker_that_was_started_again_gets_a_new_connection(broker, start):
    producer = start()
    producer.renew()
    publish(producer, "a")
    wait_for(broker, 1)
    producer.renew()
    publish(producer, "b")
    wait_for(broker, 1)
    publish(producer, "c")
    wait_for(broker, 1)
    assert broker.lines == 2
    assert producer.connected.is_set()


def test_what_is_under_way_when_the_broker_dies_is_sent_to_the_next_one(broker, start):
    broker.hangs = True
    broker.away_at_send = 1
    producer = start()
    producer.renew()
    publish(producer, "a", "b")
    wait_for(broker, 1)
    producer.suspend()
    assert (broker.closed, broker.received) == (1, [])
    broker.hangs = False
    producer.renew()
    wait_for(broker, 2)
    assert broker.received == ["a", "b"]


def test_it_ends_without_ever_having_connected(broker, start):
    producer = start()
    producer.end()
    producer.join(SECONDS)
    assert not producer.is_alive()
    assert broker.lines == 0
