"""The thread that writes to Kafka: every message, in order, however long the broker is down."""

import contextlib
import logging
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
)

from framework.sandbox.port.calls import Message

BOOTSTRAP_MS = 2000
DELIVERY_MS = 3000
PAUSE_SECONDS = 0.5  # between two tries
RELEASE_SECONDS = 5.0  # for a message that is being sent when the broker dies
POLL_SECONDS = 0.2  # how long a stop may go unnoticed

logger = logging.getLogger(__name__)


class Line(Protocol):
    """A connection to a broker; every failure is a KafkaError."""

    def send(self, message: Message, is_up: Callable[[], bool]) -> None:
        """Deliver one message and wait for its acknowledgement; give up once `is_up` is false."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class KafkaLine:
    """A connection that creates the topics first, each with one partition."""

    def __init__(self, brokers: str, topics: Sequence[str]):
        _knock(brokers)
        admin = KafkaAdminClient(bootstrap_servers=brokers, bootstrap_timeout_ms=BOOTSTRAP_MS)
        try:
            for topic in topics:
                with contextlib.suppress(TopicAlreadyExistsError):
                    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
        finally:
            admin.close()
        self._producer: Any = KafkaProducer(
            bootstrap_servers=brokers,
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            max_block_ms=DELIVERY_MS,
            request_timeout_ms=DELIVERY_MS // 2,
            delivery_timeout_ms=DELIVERY_MS,
            acks="all",
            enable_idempotence=False,  # a restarted broker knows no earlier producer
        )

    def send(self, message: Message, is_up: Callable[[], bool]) -> None:
        """Deliver one message and wait for its acknowledgement; give up once `is_up` is false."""
        future = self._producer.send(message.topic, msgspec.json.encode(message.value))
        while not future.is_done and is_up():
            with contextlib.suppress(KafkaTimeoutError):
                future.get(POLL_SECONDS)
        future.get(0)

    def close(self) -> None:
        """Close the connection; what it had not delivered is lost."""
        try:
            self._producer.close(timeout=0)
        except KafkaError as error:
            logger.debug("the connection to the broker did not close cleanly: %s", error)


def _knock(brokers: str) -> None:
    """Raise KafkaConnectionError where nobody listens: the library would leave a thread behind."""
    host, _, port = brokers.partition(",")[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), BOOTSTRAP_MS / 1000).close()
    except (OSError, ValueError) as error:
        raise KafkaConnectionError(f"{brokers}: {error}") from error


class Producer(threading.Thread):
    """Owns the connection to the broker; `publish` never waits.

    `connect` opens the connection and creates the topics. A message is forgotten once it is
    acknowledged. Nothing is sent before `renew`, nor between `suspend` and `renew`: a restarted
    broker accepts messages before its topics exist, and then loses them (tried with Tansu).
    """

    def __init__(self, connect: Callable[[], Line]):
        super().__init__(name="sandbox producer", daemon=True)
        self.connected = threading.Event()
        self._connect = connect
        self._ending = threading.Event()
        self._messages: queue.Queue[Message] = queue.Queue()
        self._up = threading.Event()
        self._renewed = threading.Event()
        self._released = threading.Event()
        self._line: Line | None = None
        self._failed = False

    def publish(self, message: Message) -> None:
        """Take a message for delivery."""
        self._messages.put(message)

    def renew(self) -> None:
        """Connect, or reconnect: the broker is up, and a restarted one has lost its topics."""
        self._renewed.set()
        self._up.set()

    def suspend(self) -> None:
        """Close the connection to a broker that died; do not restart it before this returns."""
        self._up.clear()
        self._released.wait(RELEASE_SECONDS)

    def end(self) -> None:
        """Ask the thread to end; messages that are left are lost."""
        self._ending.set()

    def run(self) -> None:
        """Connect and deliver, again after each failure."""
        message: Message | None = None
        while not self._ending.is_set():
            if not self._up.wait(POLL_SECONDS):
                self._hang_up()
                continue
            try:
                line = self._ready_line()
                message = message or self._messages.get(timeout=POLL_SECONDS)
                line.send(message, self._up.is_set)
                message = None
            except queue.Empty:
                continue
            except KafkaError as error:
                self._fail(error)
        self._hang_up()

    def _ready_line(self) -> Line:
        if self._renewed.is_set():
            self._renewed.clear()
            self._hang_up()
        if self._line is None:
            self._released.clear()
            self._line = self._connect()
            self.connected.set()
            if self._failed:
                logger.info("the broker is reached again")
                self._failed = False
        return self._line

    def _fail(self, error: KafkaError) -> None:
        if not self._failed:
            logger.warning(
                "the broker cannot be reached (%s); messages are kept and sent once it is back",
                error,
            )
        self._failed = True
        self._hang_up()
        self._ending.wait(PAUSE_SECONDS)

    def _hang_up(self) -> None:
        self.connected.clear()
        if self._line is not None:
            self._line.close()
        self._line = None
        self._released.set()
