"""The organisation, and the credentials of its Kafka clients."""

from framework.sandbox.port.calls import Answer, Call
from framework.sandbox.port.local_port import LocalPort


def get(local: LocalPort, call: Call) -> Answer:
    """GET /v1/organization."""
    del call
    organization = {
        "id": local.settings.org_id,
        "name": "Sandbox",
        "featureFlags": local.settings.feature_flags,
        "settings": {},
    }
    return Answer({"organization": organization})


def get_kafka_credentials(local: LocalPort, call: Call) -> Answer:
    """GET /v1/kafka-credentials."""
    del call
    credentials = {
        "brokers": local.brokers,
        "username": local.settings.kafka_username,
        "password": local.settings.kafka_password,
    }
    return Answer({"credentials": credentials})
