"""The section `sandbox:` of config.yaml."""

from msgspec import field

from framework.settings import Settings

RESYNC_REQUESTS_FLAG = "OCEAN_KAFKA_INTEGRATION_RESYNC_REQUESTS_TOPIC_ENABLED"


class Sandbox(Settings, frozen=True):
    """How the local Port and the local broker are set up; a port of 0 means a free one.

    With `brokers`, no broker is started and messages go there, unencrypted. Clients are told to
    use `kafkaBrokers`, `kafkaUsername` and `kafkaPassword`.
    """

    port: int = 0
    kafka_port: int = 0
    brokers: str | None = None
    kafka_brokers: list[str] | None = None
    kafka_username: str = "sandbox"
    kafka_password: str = "sandbox"  # noqa: S105 - the local broker checks none
    org_id: str = "org_sandbox"
    feature_flags: list[str] = field(default_factory=lambda: [RESYNC_REQUESTS_FLAG])
    client_id: str | None = None
    client_secret: str | None = None
