import threading

import pytest
from kafka.errors import KafkaConnectionError

from framework.errors import ConfigError
from framework.triggers.kafka.connection import Client

OPTIONS = {"bootstrap_servers": "127.0.0.1:1"}


def io_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("kafka-io")]


class Silent:
    """A client of the library whose constructor waits for an answer that never comes."""

    def __init__(self, kafka_client, **options):
        network = kafka_client(**options)
        network._net.start()
        network._net.run(network._manager.wait_for, self.never(), None)

    def never(self):
        from kafka.future import Future  # noqa: PLC0415

        return Future()


def test_a_constructor_that_hangs_is_ended_and_leaves_no_thread():
    with pytest.raises(KafkaConnectionError):
        Client(Silent, OPTIONS, patience_seconds=0.2)

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
