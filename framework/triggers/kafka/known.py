"""What kafka-python's log lines mean to an operator, the most specific first."""

import re

from msgspec import Struct

LENGTH = 300  # characters of the library's own words that are shown
SUBJECT = re.compile(r"<Kafka.*?>: ")  # how connection and transport describe themselves
WEAK = 1  # says only that it failed


class Complaint(Struct, frozen=True):
    """A line of the log, how much it explains, and whether newer credentials may help."""

    rank: int
    advice: str
    line: str
    credentials: bool = False

    def __str__(self) -> str:
        return f"{self.advice} ({self.line})"


class _Known(Struct, frozen=True):
    pattern: str
    rank: int
    meaning: str
    next: str
    credentials: bool = False


KNOWN = (
    _Known(
        r"SaslAuthenticationFailed|invalid credentials|Authentication failed",
        9,
        "the brokers refuse the user or the password",
        "they are asked of Port anew for each attempt; if it lasts, check that"
        " triggerChannel.brokers are those of your Port region, or ask Port's support",
        credentials=True,
    ),
    _Known(
        r"UnsupportedSaslMechanism|does not support .* sasl mechanism",
        8,
        "the brokers do not offer this SASL mechanism",
        "set triggerChannel.saslMechanism to one that they do",
    ),
    _Known(
        r"(Hostname|IP address) mismatch",
        8,
        "the brokers' certificate is for another host",
        "name them in triggerChannel.brokers as their certificate does",
    ),
    _Known(
        r"CERTIFICATE_VERIFY_FAILED",
        8,
        "the brokers' certificate is not from a CA that is trusted here",
        "set triggerChannel.tls.caFile to the CA's certificate",
    ),
    _Known(
        r"Invalid frame length",
        7,
        "the brokers speak TLS and we speak plain text",
        "set triggerChannel.securityProtocol to SASL_SSL or SSL",
    ),
    _Known(
        r"Handshake failed.*(reset by peer|EOF|Broken pipe)",
        2,  # also the last word of a broker that is just going down
        "a broker hangs up during the TLS handshake",
        "if it lasts, check that the brokers run and that this port of theirs speaks TLS"
        " (triggerChannel.brokers, triggerChannel.securityProtocol)",
    ),
    _Known(
        r"Handshake failed|\[SSL",
        6,
        "the TLS handshake fails, perhaps because the brokers speak plain text on this port",
        "check triggerChannel.brokers and triggerChannel.securityProtocol",
    ),
    _Known(r"DNS", 5, "a broker's host is unknown", "check triggerChannel.brokers and the DNS"),
    _Known(
        r"ECONNREFUSED",
        4,
        "nothing listens at a broker's address",
        "start the broker, or check the port in triggerChannel.brokers",
    ),
    _Known(
        r"timed out|UNREACH|ETIMEDOUT",
        3,
        "the brokers do not answer in time",
        "check that they run and that no firewall is in between",
    ),
    _Known(
        r"disconnected|reset by peer|EPIPE|Connection lost",
        WEAK,
        "the brokers close the connection",
        "check that triggerChannel.securityProtocol is theirs and that they run",
    ),
)


def judge(line: str) -> Complaint | None:
    """Recognise a line; return None if it says nothing about the connection."""
    said = SUBJECT.sub("", line)
    for known in KNOWN:
        if re.search(known.pattern, said):
            advice = f"{known.meaning}: {known.next}"
            return Complaint(known.rank, advice, said[:LENGTH], known.credentials)
    return None
