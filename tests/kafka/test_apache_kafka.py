"""The harness itself: what the other tests in this folder take for granted."""

import pytest
from kafka import KafkaConsumer, KafkaProducer

pytestmark = pytest.mark.kafka


def consumer(kafka, *topics, **extra):
    return KafkaConsumer(
        *topics,
        bootstrap_servers=kafka.bootstrap_ssl,
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=kafka.username,
        sasl_plain_password=kafka.password,
        ssl_cafile=kafka.ca_file,
        auto_offset_reset="earliest",
        **extra,
    )


def test_a_granted_topic_is_read_over_tls_with_a_password(kafka):
    kafka.create_topic("org-1.granted")
    kafka.grant_topic("org-1.granted")
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_plain) as producer:
        producer.send("org-1.granted", b"hello").get(10)

    with consumer(kafka, "org-1.granted", group_id="org-1.tests") as reader:
        records = reader.poll(10_000)

    assert [record.value for found in records.values() for record in found] == [b"hello"]


def test_a_topic_that_was_not_granted_is_not_to_be_seen(kafka):
    kafka.create_topic("org-1.hidden")

    with consumer(kafka) as reader:
        assert "org-1.hidden" not in reader.topics()
