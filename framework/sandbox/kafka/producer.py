"""The thread that tells Kafka: every message, in order, however long the broker is away."""

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
PAUSE_SECONDS = 0.5  # between two attempts
RELEASE_SECONDS = 5.0  # for a delivery that is under way when the broker dies
POLL_SECONDS = 0.2  # how long a stop may go unnoticed

logger = logging.getLogger(__name__)


class Line(Protocol):
    """A connection to a broker; every failure is a KafkaError."""

    def send(self, message: Message, is_up: Callable[[], bool]) -> None:
        """Deliver one message, acknowledged; give up once the broker is not up any more."""
        ...

    def close(self) -> None:
        """Give the connection up."""
        ...


class KafkaLine:
    """A connection that makes the topics first, each with one partition."""

    def __init__(self, brokers: str, topics: Sequence[str]):
        _knock(brokers)
        admin = KafkaAdminClient(bootstrap_servers=brokers, bootstrap_timeout_ms=BOOTSTRAP_MS)
        try:
            for topic in topics:
                _make(admin, topic)
        finally:
            admin.close()
        self._producer: Any = KafkaProducer(
            bootstrap_servers=brokers,
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            max_block_ms=DELIVERY_MS,
            request_timeout_ms=DELIVERY_MS // 2,
            delivery_timeout_ms=DELIVERY_MS,
            acks="all",
            enable_idempotence=False,  # a broker started again knows no producer of before
        )

    def send(self, message: Message, is_up: Callable[[], bool]) -> None:
        """Deliver one message, acknowledged; give up once the broker is not up any more."""
        future = self._producer.send(message.topic, msgspec.json.encode(message.value))
        while not future.is_done and is_up():
            with contextlib.suppress(KafkaTimeoutError):
                future.get(POLL_SECONDS)
        future.get(0)

    def close(self) -> None:
        """Give the connection up, with what it had not delivered."""
        try:
            self._producer.close(timeout=0)
        except KafkaError as error:
            logger.debug("the connection to the broker ended untidily: %s", error)


def _knock(brokers: str) -> None:
    """Raise KafkaConnectionError where nobody listens: there the library would leave a thread."""
    host, _, port = brokers.partition(",")[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), BOOTSTRAP_MS / 1000).close()
    except (OSError, ValueError) as error:
        raise KafkaConnectionError(f"{brokers}: {error}") from error


class Producer(threading.Thread):
    """Owns the connection to the broker; `publish` never waits.

    `connect` makes the connection and the topics. A message is forgotten once it is acknowledged.
    Nothing is sent before `renew`, nor between `suspend` and `renew`: a broker that was started
    again takes what is sent before its topics are made, and then loses it (tried with Tansu).
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
        """Connect, or connect anew: the broker is up, and has lost its topics if it was before."""
        self._renewed.set()
        self._up.set()

    def suspend(self) -> None:
        """Give up the connection to a broker that died; it must not be started again before."""
        self._up.clear()
        self._released.wait(RELEASE_SECONDS)

    def end(self) -> None:
        """Ask it to give up what is left and end."""
        self._ending.set()

    def run(self) -> None:
        """Connect, deliver, and begin again after each failure."""
        message: Message | None = None
        while not self._ending.is_set():
            if not self._up.wait(POLL_SECONDS):
                self._hang_up()
                continue
            try:
                line = self._ready_line()
                message = message or self._next()
                if message:
                    line.send(message, self._up.is_set)
                    message = None
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

    def _next(self) -> Message | None:
        try:
            return self._messages.get(timeout=POLL_SECONDS)
        except queue.Empty:
            return None

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


def _make(admin: Any, topic: str) -> None:
    try:
        admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    except TopicAlreadyExistsError:
        return
