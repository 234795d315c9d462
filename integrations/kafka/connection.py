"""A connection to a cluster, or a sentence that says why there is none."""

import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import AuthorizationError, KafkaError, SaslAuthenticationFailedError
from kafka.net.compat import KafkaNetClient
from kafka.net.selector import NetworkSelector
from last_words import Connections

from framework.sdk import AuthError, ConfigError, TransientError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
SERVER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+)(:\d{1,5})?")
BOOTSTRAP_MS = (3_000, 12_000)  # the second try comes only if the first may succeed later
BACKOFF_MS = 1_000  # the default of 30 s leaves no time for another attempt
FAILED = re.compile(r"Bootstrap \w+ to \S+ failed: (?P<why>.*?)(?: \(backoff [\d.]+ secs\))?$")

# What kafka-python logs, the most specific first: the error that it means, and what to do.
CAUSES: tuple[tuple[str, type[Exception], str], ...] = (
    ("SaslAuthenticationFailed", AuthError, "check sasl_username and sasl_password"),
    ("UnsupportedSaslMechanism", ConfigError, "choose another sasl_mechanism"),
    ("IllegalSaslState", ConfigError, "this listener takes no SASL: check security_protocol"),
    ("CERTIFICATE_VERIFY_FAILED", ConfigError, "check ssl_ca_file and ssl_check_hostname"),
    ("Invalid frame length", ConfigError, "this listener wants TLS: check security_protocol"),
    ("WRONG_VERSION_NUMBER", ConfigError, "this listener speaks no TLS: check security_protocol"),
    ("UNEXPECTED_EOF", TransientError, "if it lasts, check security_protocol: no TLS there?"),
    ("DNS", TransientError, "check the host name in bootstrap_servers"),
    ("ECONNREFUSED", TransientError, "nothing listens there: check bootstrap_servers"),
    ("", TransientError, "if it lasts, check bootstrap_servers, security_protocol, sasl_mechanism"),
)


@contextmanager
def connected(config: dict[str, Any], **extra: Any) -> Iterator[KafkaAdminClient]:
    """Yield an admin client; raise ConfigError, AuthError or TransientError for whatever fails."""
    where = servers(config)
    admin = _opened(where, _settings(config) | extra)
    try:
        yield admin
    except (AuthorizationError, SaslAuthenticationFailedError) as error:
        raise AuthError(f"{where}: {error}; check the rights of sasl_username") from error
    except KafkaError as error:
        raise TransientError(f"{where}: {error}") from error
    finally:
        admin.close()


def servers(config: dict[str, Any]) -> str:
    """Return `bootstrap_servers` as `host:port,host:port`."""
    given = str(config.get("bootstrap_servers") or "")
    each = [server.strip() for server in given.split(",")]
    if not all(SERVER.fullmatch(server) for server in each):
        raise ConfigError(f"bootstrap_servers: expected host:port,host:port and not {given!r}")
    return ",".join(each)


def _opened(where: str, settings: dict[str, Any]) -> KafkaAdminClient:
    short, long = BOOTSTRAP_MS
    try:
        return _tried(where, {"bootstrap_timeout_ms": short} | settings)
    except TransientError:
        return _tried(where, {"bootstrap_timeout_ms": long} | settings)


def _tried(where: str, settings: dict[str, Any]) -> KafkaAdminClient:
    with _listening() as heard:
        try:
            return _bootstrapped(settings)
        except KafkaError as error:
            raise _explained(where, heard or [str(error)]) from error


def _bootstrapped(settings: dict[str, Any]) -> KafkaAdminClient:
    """Build the client; if that fails, close the thread and the sockets that it leaves behind."""
    with ExitStack() as undo:

        def network(**configs: Any) -> KafkaNetClient:
            net = NetworkSelector(**configs)
            client = KafkaNetClient(net, Connections(net, **configs))
            undo.callback(client.close)
            return client

        admin = KafkaAdminClient(kafka_client=network, **settings)
        undo.pop_all()
        return admin


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Collect from the log why attempts fail: the exception does not say it."""
    heard: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: heard.extend(FAILED.findall(record.getMessage()))
    logger = logging.getLogger("kafka.net")
    logger.addHandler(handler)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)


def _explained(where: str, heard: list[str]) -> Exception:
    """Return the error for the most specific of the lines."""
    return next(
        error(f"{where}: {line}; {advice}")
        for telling, error, advice in CAUSES
        for line in heard
        if telling in line
    )


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    protocol = _one_of(
        "security_protocol", config.get("security_protocol") or "PLAINTEXT", PROTOCOLS
    )
    settings = {
        "bootstrap_servers": servers(config).split(","),
        "client_id": "integration-framework",
        "reconnect_backoff_max_ms": BACKOFF_MS,
        "security_protocol": protocol,
    }
    if protocol.startswith("SASL"):
        settings |= _sasl(config)
    if protocol.endswith("SSL"):
        settings["ssl_context"] = _tls(config)
    return settings


def _sasl(config: dict[str, Any]) -> dict[str, Any]:
    missing = [
        name
        for name in ("sasl_mechanism", "sasl_username", "sasl_password")
        if not config.get(name)
    ]
    if missing:
        raise ConfigError(f"security_protocol is {config['security_protocol']}: set {missing}")
    return {
        "sasl_mechanism": _one_of("sasl_mechanism", config["sasl_mechanism"], MECHANISMS),
        "sasl_plain_username": config["sasl_username"],
        "sasl_plain_password": config["sasl_password"],
    }


def _tls(config: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = config.get("ssl_check_hostname") is not False
    authority, certificate = config.get("ssl_ca_file"), config.get("ssl_certificate_file")
    try:
        if authority:
            context.load_verify_locations(authority)
        else:
            context.load_default_certs()
    except OSError as error:
        raise ConfigError(f"ssl_ca_file: {authority!r}: {error}") from error
    if not certificate:
        return context
    try:
        context.load_cert_chain(
            certificate, config.get("ssl_key_file"), config.get("ssl_key_password")
        )
    except OSError as error:
        raise ConfigError(f"ssl_certificate_file: {certificate!r}: {error}") from error
    return context


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ConfigError(f"{name}: {value!r} is not one of {', '.join(known)}")
    return value
