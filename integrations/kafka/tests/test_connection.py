"""Why there is no connection, in words an operator can act on."""

import threading

import pytest
from connection import connected, servers
from kafka.errors import GroupAuthorizationFailedError, NodeNotReadyError

from framework.sdk import AuthError, ConfigError, TransientError

SASL = {
    "security_protocol": "SASL_PLAINTEXT",
    "sasl_mechanism": "PLAIN",
    "sasl_username": "someone",
    "sasl_password": "s3cret",
}


def connect(**config):
    with connected(config, bootstrap_timeout_ms=500) as admin:
        return admin.list_topics()


@pytest.mark.parametrize("given", [None, "", "localhost:kafka", "PLAINTEXT://localhost:9092", "a,"])
def test_bootstrap_servers_that_are_no_addresses_are_refused(given):
    with pytest.raises(ConfigError, match="bootstrap_servers: expected host:port"):
        servers({"bootstrap_servers": given})


def test_several_bootstrap_servers_are_taken_with_or_without_blanks():
    assert servers({"bootstrap_servers": "a:1, b , [::1]:9092"}) == "a:1,b,[::1]:9092"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"security_protocol": "TLS"}, "security_protocol: 'TLS' is not one of PLAINTEXT, SSL"),
        (SASL | {"sasl_mechanism": "GSSAPI"}, "sasl_mechanism: 'GSSAPI' is not one of PLAIN"),
        ({"security_protocol": "SASL_SSL"}, "sasl_mechanism.*sasl_username.*sasl_password"),
        (
            {"security_protocol": "SSL", "ssl_ca_file": "/nowhere.pem"},
            "ssl_ca_file: '/nowhere.pem'",
        ),
        ({"security_protocol": "SSL", "ssl_ca_file": __file__}, "ssl_ca_file: .*test_connection"),
        (
            {"security_protocol": "SSL", "ssl_certificate_file": "/nowhere.pem"},
            "ssl_certificate_file: '/nowhere.pem'",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_named_before_anything_is_connected(config, said):
    with pytest.raises(ConfigError, match=said):
        connect(bootstrap_servers="127.0.0.1:1", **config)


def test_nobody_listening_is_transient_and_names_the_address_and_the_reason():
    with pytest.raises(TransientError, match=r"127\.0\.0\.1:1: .*ECONNREFUSED; nothing listens"):
        connect(bootstrap_servers="127.0.0.1:1")


def test_a_failed_connection_leaves_no_thread_behind():
    before = set(threading.enumerate())

    with pytest.raises(TransientError):
        connect(bootstrap_servers="127.0.0.1:1")

    assert set(threading.enumerate()) == before


def test_a_connection_is_closed_when_a_reader_stops_early(broker):
    before = set(threading.enumerate())

    with connected({"bootstrap_servers": broker.address}) as admin:
        admin.list_topics()

    assert set(threading.enumerate()) == before


@pytest.mark.parametrize(
    ("failure", "error"),
    [(NodeNotReadyError("1"), TransientError), (GroupAuthorizationFailedError("g"), AuthError)],
)
def test_what_fails_while_reading_names_the_cluster(broker, failure, error):
    with (
        pytest.raises(error, match=f"{broker.address}: .*{type(failure).__name__}"),
        connected({"bootstrap_servers": broker.address}),
    ):
        raise failure


def test_a_password_never_stands_in_an_error(broker):
    with pytest.raises((AuthError, ConfigError, TransientError)) as caught:
        connect(bootstrap_servers=broker.address, **SASL)

    assert "s3cret" not in str(caught.value)
    assert broker.address in str(caught.value)
