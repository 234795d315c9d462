"""Blueprints: the sorts of entities in Port's catalog."""

from http import HTTPStatus
from typing import Any

from msgspec import Struct

from framework.errors import PortRefusedError
from framework.port import answers
from framework.port.calls import Call, path
from framework.port.client import Client


class _BlueprintReply(Struct):
    blueprint: dict[str, Any]


def get(client: Client, identifier: str) -> dict[str, Any]:
    """Return a blueprint; raise PortRefusedError with status 404 if there is none."""
    call = Call("GET", path("blueprints", identifier))
    return answers.decode(client.call(call.method, call.path), _BlueprintReply, str(call)).blueprint


def exists(client: Client, identifier: str) -> bool:
    """Return whether Port has this blueprint."""
    try:
        get(client, identifier)
    except PortRefusedError as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True


def create(client: Client, blueprint: dict[str, Any]) -> None:
    """Create a blueprint; raise PortRefusedError with status 409 if the name is taken."""
    client.call("POST", "/blueprints", body=blueprint)


def update(client: Client, identifier: str, fields: dict[str, Any]) -> None:
    """Change these fields of a blueprint and leave the others."""
    client.call("PATCH", path("blueprints", identifier), body=fields)
