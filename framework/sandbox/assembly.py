"""The parts of a running sandbox, made from its settings and from what it remembers."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from framework.errors import FrameworkError
from framework.sandbox import address, application, ports
from framework.sandbox.address import Address, Memory
from framework.sandbox.kafka import broker
from framework.sandbox.kafka.broker import Broker
from framework.sandbox.kafka.producer import KafkaLine, Producer
from framework.sandbox.port import change_records, database
from framework.sandbox.port.local_port import Clock, LocalPort
from framework.sandbox.server import Server
from framework.sandbox.settings import Sandbox

STOP_SECONDS = 8.0


class Parts(Struct, frozen=True):
    """The threads of a running sandbox, and its address."""

    address: Address
    server: Server
    producer: Producer
    broker: Broker | None

    def ready(self) -> bool:
        """Whether requests are answered and the broker has its topics."""
        return self.server.ready and self.producer.connected.is_set()

    def check(self) -> None:
        """Raise FrameworkError if a thread ended that should not have."""
        for thread in self.threads():
            if not thread.is_alive():
                raise FrameworkError(f"{thread.name} ended unexpectedly; the log says why")

    def end(self) -> None:
        """Stop the threads in order: HTTP, then the producer, then the broker."""
        for thread in self.threads():
            thread.end()
            if thread.ident is not None:
                thread.join(STOP_SECONDS)

    def threads(self) -> list[Server | Producer | Broker]:
        """Return the threads in the order in which they stop; the broker may be missing."""
        return [part for part in (self.server, self.producer, self.broker) if part is not None]


@contextmanager
def running(settings: Sandbox, folder: Path) -> Iterator[Parts]:
    """Run a sandbox that keeps its state in `folder`; raises ConfigError, FrameworkError."""
    address.make_folder(folder)
    memory = address.recall(folder, settings)
    with closing(ports.claim(settings.port, memory.port, "sandbox.port")) as listener:
        port = listener.getsockname()[1]
        memory = structs.replace(memory, port=port, kafka_port=_kafka_port(settings, memory))
        address.remember(folder, memory)
        with closing(database.connect(folder / "port.sqlite")) as connection:
            parts = _assemble(settings, memory, connection, listener)
            try:
                for thread in parts.threads():
                    thread.start()
                yield parts
            finally:
                parts.end()


def _assemble(
    settings: Sandbox, memory: Memory, connection: sqlite3.Connection, listener: socket.socket
) -> Parts:
    kafka = settings.brokers or f"{ports.HOST}:{memory.kafka_port}"
    local = LocalPort(
        connection,
        settings,
        settings.kafka_brokers or [kafka],
        memory.client_id,
        memory.client_secret,
        Clock(),
    )
    producer = Producer(partial(KafkaLine, kafka, change_records.topics(settings.org_id)))
    server = Server(application.build(local, producer.publish), listener)
    url = f"http://{ports.HOST}:{memory.port}"
    reached = Address(url, kafka, memory.client_id, memory.client_secret)
    if settings.brokers:
        producer.renew()
        return Parts(reached, server, producer, None)
    argv = broker.arguments(broker.program(), memory.kafka_port)
    return Parts(reached, server, producer, Broker(argv, memory.kafka_port, producer))


def _kafka_port(settings: Sandbox, memory: Memory) -> int:
    """Return a port that is free now; the broker binds it itself."""
    if settings.brokers:
        return memory.kafka_port
    with closing(ports.claim(settings.kafka_port, memory.kafka_port, "sandbox.kafkaPort")) as held:
        return int(held.getsockname()[1])
