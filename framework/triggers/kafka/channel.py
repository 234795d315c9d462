"""`triggerChannel: {type: KAFKA}`: its settings, each with Port's value as default."""

import ssl
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, structs

from framework.errors import ConfigError
from framework.events import Hub
from framework.port import kafka_credentials, organization
from framework.port.client import Client
from framework.port.organization import Organization
from framework.settings import Settings
from framework.triggers.kafka.connection import Connection
from framework.triggers.kafka.listener import Listener
from framework.triggers.kafka.records import CHANGES, REQUESTS

# Port's brokers in the EU, for accounts whose credentials name none.
EU_BROKERS = [
    f"b-{number}-public.publicclusterprod.t9rw6w.c1.kafka.eu-west-1.amazonaws.com:9196"
    for number in (1, 2, 3)
]
REQUESTS_FLAG = "OCEAN_KAFKA_INTEGRATION_RESYNC_REQUESTS_TOPIC_ENABLED"


class Tls(Settings, frozen=True):
    """How the brokers' certificate is checked; without `caFile`, by the machine's own CAs.

    A relative `caFile` is found from the folder of config.yaml.
    """

    ca_file: str | None = None


class Kafka(Settings, frozen=True, tag="KAFKA"):
    """Port's Kafka; user and password come from Port.

    `brokers` (host:port) default to those of Port's credentials, then to Port's in the EU;
    `topics` to the organisation's.
    """

    brokers: list[str] | str | None = None
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "SASL_SSL"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    tls: Tls = Tls()
    topics: list[str] | None = None
    session_timeout_seconds: Annotated[int, Meta(ge=6)] = 45

    def beside(self, folder: Path) -> "Kafka":
        """Return the channel with paths relative to the folder of config.yaml resolved."""
        if self.tls.ca_file is None:
            return self
        return structs.replace(self, tls=Tls(ca_file=str(folder / self.tls.ca_file)))

    def listen(self, hub: Hub, client: Client) -> Listener:
        """Return the listening thread, not yet started; `client` belongs to it from then on."""
        return Listener(partial(self._connect, hub.instance, client), hub)

    def _connect(self, instance: str, client: Client) -> Connection:
        """Ask Port each time: credentials and the organisation's flags may change."""
        ours = organization.get(client)
        reading = {
            "group_id": f"{ours.id}.integration-framework.{instance}",
            "session_timeout_ms": self.session_timeout_seconds * 1000,
            "heartbeat_interval_ms": min(3, self.session_timeout_seconds // 3) * 1000,
        }
        return Connection(self._options(client), reading, self._wanted(ours))

    def _wanted(self, ours: Organization) -> list[str]:
        if self.topics is not None:
            return self.topics
        name = REQUESTS if REQUESTS_FLAG in ours.feature_flags else CHANGES
        return [f"{ours.id}.{name}"]

    def _options(self, client: Client) -> dict[str, Any]:
        options: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.security_protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        is_sasl = self.security_protocol.startswith("SASL")
        if not is_sasl and self.brokers:
            return options | {"bootstrap_servers": self.brokers}
        credentials = kafka_credentials.get(client)
        options["bootstrap_servers"] = self.brokers or credentials.brokers or EU_BROKERS
        if is_sasl:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = credentials.username
            options["sasl_plain_password"] = credentials.password
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.tls.ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(
                f"triggerChannel.tls.caFile {self.tls.ca_file!r}: {error}; name a PEM file"
            ) from error
