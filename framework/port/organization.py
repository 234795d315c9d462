"""The organisation the credentials belong to: `GET /v1/organization`."""

from msgspec import Struct

from framework.port import answers
from framework.port.client import Client


class Organization(Struct, frozen=True, rename="camel"):
    """Its id (the first part of its topics' names) and what Port has switched on for it."""

    id: str
    feature_flags: list[str] = []


class _Reply(Struct):
    organization: Organization


def get(client: Client) -> Organization:
    """Return our organisation."""
    body = client.call("GET", "/organization")
    return answers.decode(body, _Reply, "GET /organization").organization
