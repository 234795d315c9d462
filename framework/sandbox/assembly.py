"""What a running sandbox consists of, made from its settings and from what it remembers."""

import socket
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
    """The threads of a running sandbox and where it is reached."""

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
        """Stop them in order: requests, then who tells Kafka about them, then Kafka."""
        for thread in self.threads():
            thread.end()
            if thread.ident is not None:
                thread.join(STOP_SECONDS)

    def threads(self) -> list[Server | Producer | Broker]:
        """Return those that there are."""
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
            kafka = settings.brokers or f"{ports.HOST}:{memory.kafka_port}"
            local = LocalPort(
                connection,
                settings,
                settings.kafka_brokers or [kafka],
                memory.client_id,
                memory.client_secret,
                Clock(),
            )
            parts = _assemble(local, memory, kafka, listener)
            try:
                for thread in parts.threads():
                    thread.start()
                yield parts
            finally:
                parts.end()


def _assemble(local: LocalPort, memory: Memory, kafka: str, listener: socket.socket) -> Parts:
    topics = change_records.topics(local.settings.org_id)
    producer = Producer(partial(KafkaLine, kafka, topics))
    server = Server(application.build(local, producer.publish), listener)
    url = f"http://{ports.HOST}:{memory.port}"
    if local.settings.brokers:
        producer.renew()
    return Parts(
        Address(url, kafka, memory.client_id, memory.client_secret),
        server,
        producer,
        None if local.settings.brokers else _broker(memory.kafka_port, producer),
    )


def _broker(port: int, producer: Producer) -> Broker:
    argv = broker.arguments(broker.program(), port)
    return Broker(argv, port, producer)


def _kafka_port(settings: Sandbox, memory: Memory) -> int:
    """Return the broker's port: it is free now, and the broker binds it itself."""
    if settings.brokers:
        return memory.kafka_port
    with closing(ports.claim(settings.kafka_port, memory.kafka_port, "sandbox.kafkaPort")) as held:
        return int(held.getsockname()[1])
