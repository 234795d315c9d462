import threading

import pytest
from kafka.errors import KafkaConnectionError
from kafka.future import Future

from framework.errors import ConfigError
from framework.triggers.kafka.connection import Client

OPTIONS = {"bootstrap_servers": "127.0.0.1:1"}


@pytest.fixture
def io_threads():
    """Return the network threads that were started since."""
    before = set(threading.enumerate())

    def since():
        found = [one for one in threading.enumerate() if one.name.startswith("kafka-io")]
        return [one for one in found if one not in before]

    return since


async def silence():
    await Future()


class Silent:
    """A client of the library that waits for an answer which never comes."""

    def __init__(self, kafka_client, **options):
        self.net = kafka_client(**options)._net
        self.net.start()
        self.closed = False

    def ask(self):
        self.net.run(silence)

    def close(self):
        self.closed = True


class SilentFromTheStart(Silent):
    def __init__(self, **options):
        super().__init__(**options)
        self.ask()


def test_a_constructor_that_hangs_is_ended_and_leaves_no_thread(io_threads):
    with pytest.raises(KafkaConnectionError):
        Client(SilentFromTheStart, OPTIONS, patience_seconds=0.2)

    assert io_threads() == []


def test_a_broker_without_a_port_number_is_a_mistake_in_the_configuration():
    def make(kafka_client, **options):
        kafka_client(**options)

    with pytest.raises(ConfigError, match=r"triggerChannel\.brokers: .*write host:port"):
        Client(make, {"bootstrap_servers": "localhost:kafka"})


def test_topics_are_never_created_by_asking_for_them():
    made = []

    def make(kafka_client, **options):
        made.append(kafka_client(**options))
        return made[0]

    client = Client(make, OPTIONS)
    request = made[0].cluster.metadata_request()
    client.close()

    assert request.allow_auto_topic_creation is False


def ask(client):
    with client.patience(0.2):
        client.api.ask()


def test_a_call_that_hangs_is_ended_and_so_is_the_client(io_threads):
    client = Client(Silent, OPTIONS)

    with pytest.raises(KafkaConnectionError):
        ask(client)
    with pytest.raises(KafkaConnectionError, match="only a new connection can help"):
        ask(client)
    client.close()

    assert not client.api.closed
    assert io_threads() == []


def test_a_client_says_good_bye(io_threads):
    client = Client(Silent, OPTIONS)
    client.close()

    assert client.api.closed
    assert io_threads() == []
