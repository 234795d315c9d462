import logging

import pytest
from kafka.errors import GroupAuthorizationFailedError, KafkaTimeoutError

from framework.triggers.kafka.reasons import NETWORK, Complaints

TIMEOUT = KafkaTimeoutError("Unable to bootstrap from 127.0.0.1:9092")
REFUSED = "Connection failed: KafkaConnectionError: 111 ECONNREFUSED"
DISCONNECTED = "<KafkaTCPTransport [127.0.0.1:1<-2]>: socket disconnected"
HUNG_UP = "Connection lost: Handshake failed: [Errno 104] Connection reset by peer"
WRONG_PASSWORD = "Connection lost: [Error 58] SaslAuthenticationFailedError: invalid credentials"


@pytest.fixture
def complaints():
    with Complaints() as complaints:
        yield complaints


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (WRONG_PASSWORD, "refuse the user or the password"),
        ("SaslHandshake failed: UnsupportedSaslMechanismError", "triggerChannel.saslMechanism"),
        (
            "Kafka broker does not support PLAIN sasl mechanism. Enabled mechanisms: ['X']",
            "triggerChannel.saslMechanism",
        ),
        (
            (
                "Handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed:"
                " self-signed certificate (_ssl.c:1006)"
            ),
            "triggerChannel.tls.caFile",
        ),
        (
            (
                "Handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP"
                " address mismatch, certificate is not valid for '127.0.0.2'."
            ),
            "certificate is for another host",
        ),
        ("Invalid frame length: 352518912", "set triggerChannel.securityProtocol to SASL_SSL"),
        ("Handshake failed: [SSL: WRONG_VERSION_NUMBER] wrong version number", "speak plain text"),
        (HUNG_UP, "check that the brokers run and that this port of theirs speaks TLS"),
        ("Handshake failed: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred", "hangs up during"),
        ("DNS lookup failed for kafka.invalid:9092, gaierror(-2, '…')", "host is unknown"),
        (REFUSED, "start the broker, or check the port"),
        ("Request timed out after 2499 ms. Closing connection.", "no firewall"),
        (DISCONNECTED, "close the connection"),
        (DISCONNECTED.replace("TCP", "SSL"), "close the connection"),
    ],
)
def test_a_line_of_the_library_becomes_a_reason_and_what_to_do(complaints, line, reason):
    logging.getLogger("kafka.net.connection").error(line)

    assert reason in complaints.explain(TIMEOUT)


def test_the_reason_quotes_the_library_without_its_addresses(complaints):
    NETWORK.error(DISCONNECTED)

    assert complaints.explain(TIMEOUT).endswith("(socket disconnected)")


def test_what_comes_after_the_telling_line_does_not_replace_it(complaints):
    NETWORK.error(WRONG_PASSWORD)
    NETWORK.error(REFUSED)
    complaints.begin()
    NETWORK.error(DISCONNECTED)

    assert "password" in complaints.explain(TIMEOUT)


def test_a_broker_that_is_down_is_more_telling_than_how_it_went_down(complaints):
    NETWORK.error(HUNG_UP)
    NETWORK.error(REFUSED)
    NETWORK.error(HUNG_UP)

    assert "start the broker" in complaints.explain(TIMEOUT)


def test_another_telling_line_of_a_later_attempt_does(complaints):
    NETWORK.error(WRONG_PASSWORD)
    complaints.begin()
    NETWORK.error(REFUSED)

    assert "start the broker" in complaints.explain(TIMEOUT)


def test_a_success_forgets(complaints):
    NETWORK.error(WRONG_PASSWORD)
    complaints.forget()

    assert complaints.worst is None
    assert "keeps silent when TLS is spoken to it" in complaints.explain(TIMEOUT)


def test_only_a_refused_password_calls_for_new_credentials(complaints):
    NETWORK.error(REFUSED)
    assert not complaints.worst.credentials

    NETWORK.error(WRONG_PASSWORD)
    assert complaints.worst.credentials


def test_chatter_is_no_complaint(complaints):
    NETWORK.warning("Bootstrap bootstrap-0 not ready; waiting 0.11 secs")
    NETWORK.info(REFUSED)

    assert complaints.worst is None


def test_the_errors_own_words_count_too(complaints):
    NETWORK.error(DISCONNECTED)

    assert "start the broker" in complaints.explain(KafkaTimeoutError(REFUSED))


def test_a_group_that_is_not_granted_is_explained(complaints):
    reason = complaints.explain(GroupAuthorizationFailedError("org_1.integration-framework.x"))

    assert "begins with the organisation's id" in reason


@pytest.fixture
def root_log():
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def test_the_librarys_log_neither_repeats_itself_nor_shows_the_password(root_log):
    with Complaints():
        NETWORK.error(REFUSED)
        logging.getLogger("kafka.admin.client").debug("configuration: %s", {"password": "secret"})
        logging.getLogger("kafka.cluster").error("Metadata refresh: failed")
    assert root_log == []

    NETWORK.error(REFUSED)
    assert root_log == [REFUSED]
