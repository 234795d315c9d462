"""The credentials for Port's Kafka: `GET /v1/kafka-credentials`."""

from msgspec import Struct

from framework.errors import AuthError
from framework.port import answers
from framework.port.client import Client


class Credentials(Struct, frozen=True):
    """User, password and, where Port names them, brokers."""

    username: str
    password: str
    brokers: list[str] = []

    def __repr__(self) -> str:
        """Show no password."""
        return f"Credentials(username={self.username!r}, brokers={self.brokers!r})"


class _CredentialsReply(Struct):
    credentials: Credentials | None = None


def get(client: Client) -> Credentials:
    """Return the organisation's credentials; raise AuthError if Port has provisioned none."""
    body = client.call("GET", "/kafka-credentials")
    credentials = answers.decode(body, _CredentialsReply, "GET /kafka-credentials").credentials
    if credentials is None:
        raise AuthError(
            "Port has no Kafka credentials for this organisation: "
            "ask Port's support to provision its Kafka topics"
        )
    client.conceal("the brokers' password", credentials.password)
    return credentials
