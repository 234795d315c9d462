"""The organisation the credentials belong to: `GET /v1/organization`."""

from msgspec import Struct

from framework.port import answers
from framework.port.client import Client


class Organization(Struct, frozen=True, rename="camel"):
    """The id, with which the names of its topics begin, and the features that Port enabled."""

    id: str
    feature_flags: list[str] = []


class _OrganizationReply(Struct):
    organization: Organization


def get(client: Client) -> Organization:
    """Return our organisation."""
    body = client.call("GET", "/organization")
    return answers.decode(body, _OrganizationReply, "GET /organization").organization
