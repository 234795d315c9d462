import json
import threading

import msgspec
import pytest

from framework.errors import AuthError, ConfigError
from framework.events import Hub
from framework.port.organization import Organization
from framework.triggers import Channel
from framework.triggers.kafka import Kafka, Tls
from framework.triggers.kafka.channel import EU_BROKERS, REQUESTS_FLAG

BROKERS = ["b-1.example.com:9196"]


class FakeClient:
    def __init__(self, credentials):
        self.credentials = credentials
        self.concealed = []

    def call(self, method, path, **_):
        assert (method, path) == ("GET", "/kafka-credentials")
        return json.dumps({"ok": True, "credentials": self.credentials}).encode()

    def conceal(self, source, secret):
        self.concealed.append(secret)


@pytest.fixture
def client():
    return FakeClient({"username": "org_1", "password": "secret", "brokers": BROKERS})


def test_the_type_alone_is_enough():
    assert msgspec.json.decode(b'{"type": "KAFKA"}', type=Channel) == Kafka()


def test_each_setting_has_its_name_in_camel_case():
    settings = msgspec.convert(
        {
            "type": "KAFKA",
            "brokers": "localhost:9092",
            "securityProtocol": "SSL",
            "saslMechanism": "PLAIN",
            "tls": {"caFile": "ca.pem"},
            "topics": ["a"],
            "sessionTimeoutSeconds": 6,
        },
        Channel,
    )

    assert settings.tls == Tls(ca_file="ca.pem")
    assert settings.session_timeout_seconds == 6


def test_user_password_and_brokers_come_from_port(client):
    options = Kafka()._options(client)

    assert options.pop("ssl_context").check_hostname
    assert options == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "org_1",
        "sasl_plain_password": "secret",
        "bootstrap_servers": BROKERS,
    }


def test_where_port_names_no_brokers_those_of_the_eu_are_used(client):
    client.credentials.pop("brokers")

    assert Kafka()._options(client)["bootstrap_servers"] == EU_BROKERS


def test_plain_text_with_brokers_asks_for_no_credentials():
    settings = Kafka(brokers="localhost:9092", security_protocol="PLAINTEXT")

    assert settings._options(FakeClient(None)) == {
        "security_protocol": "PLAINTEXT",
        "bootstrap_servers": "localhost:9092",
    }


def test_plain_text_without_brokers_uses_ports_brokers_and_no_password(client):
    assert Kafka(security_protocol="PLAINTEXT")._options(client) == {
        "security_protocol": "PLAINTEXT",
        "bootstrap_servers": BROKERS,
    }


def test_an_organisation_without_credentials_is_told_what_to_do():
    with pytest.raises(AuthError, match="ask Port's support"):
        Kafka()._options(FakeClient(None))


def test_a_ca_file_that_cannot_be_read_is_named(client, tmp_path):
    settings = Kafka(tls=Tls(ca_file=str(tmp_path / "absent.pem")))

    with pytest.raises(ConfigError, match=r"caFile '.*absent\.pem': .*No such file"):
        settings._options(client)


def test_the_organisations_flag_chooses_the_topic():
    assert Kafka()._wanted(Organization("org_1")) == ["org_1.change.log"]
    assert Kafka()._wanted(Organization("org_1", [REQUESTS_FLAG])) == [
        "org_1.integration.resync.requests"
    ]


def test_named_topics_win():
    assert Kafka(topics=["mine"])._wanted(Organization("org_1", [REQUESTS_FLAG])) == ["mine"]


def test_a_listener_is_not_started_by_itself(client):
    hub = Hub("i1", accept=lambda _: 0, resync_all=lambda _: None, stop=threading.Event())
    listener = Kafka().listen(hub, client)

    assert not listener.is_alive()
    assert listener.status.state == "connecting"


def test_a_relative_ca_file_stands_beside_the_configuration(tmp_path):
    channel = Kafka(tls=Tls(ca_file="ca.pem"))

    assert channel.beside(tmp_path).tls.ca_file == str(tmp_path / "ca.pem")


def test_a_channel_without_files_is_the_same_anywhere(tmp_path):
    assert Kafka().beside(tmp_path) == Kafka()
