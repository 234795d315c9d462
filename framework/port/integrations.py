"""An integration as Port knows it: its mapping and the state of its resync."""

from typing import Any, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from framework.port import answers
from framework.port.calls import DEFAULT, Call, Patience, path
from framework.port.client import Client

KAFKA_DESTINATION = {"type": "KAFKA"}


class Integration(Struct, frozen=True, rename="camel"):
    """What Port stores about an integration; `config` is its mapping as JSON ({}, null: none)."""

    installation_id: str
    installation_app_type: str | None = None
    version: str | None = None
    changelog_destination: dict[str, Any] | None = None
    config: Raw = Raw(b"null")


class ResyncState(Struct, frozen=True, rename="camel"):
    """The state of a resync; times are ISO 8601. `intervalInMinuets` is Port's spelling."""

    status: Literal["running", "completed", "failed", "aborted"]
    last_resync_start: str | UnsetType = UNSET
    last_resync_end: str | None = None
    next_resync: str | None = None
    interval_in_minuets: int | None = None

    @classmethod
    def running(cls, started_at: str) -> "ResyncState":
        """Return the state of a resync that has begun."""
        return cls("running", last_resync_start=started_at)

    @classmethod
    def ended(
        cls, status: Literal["completed", "failed", "aborted"], ended_at: str
    ) -> "ResyncState":
        """Return the state of a resync that is over."""
        return cls(status, last_resync_end=ended_at)


class _IntegrationReply(Struct):
    integration: Integration


def get(client: Client, identifier: str) -> Integration:
    """Return the integration; raise PortRefusedError with status 404 if Port has none."""
    call = Call("GET", path("integration", identifier))
    body = client.call(call.method, call.path, params={"byField": "installationId"})
    return answers.decode(body, _IntegrationReply, str(call)).integration


def create(
    client: Client, identifier: str, type_: str, version: str, mapping: dict[str, Any]
) -> None:
    """Create an integration with its default mapping."""
    body = {
        "installationId": identifier,
        "installationAppType": type_,
        "version": version,
        "title": identifier,
        "changelogDestination": KAFKA_DESTINATION,
        "config": mapping,
        "actionsProcessingEnabled": False,
        "createPortResourcesOrigin": "Ocean",
    }
    client.call("POST", "/integration", body=body)


def update(client: Client, identifier: str, fields: dict[str, Any]) -> None:
    """Change these fields of an integration; without any Port would start a resync."""
    client.call("PATCH", path("integration", identifier), body=fields)


def set_resync_state(
    client: Client, identifier: str, state: ResyncState, patience: Patience = DEFAULT
) -> None:
    """Tell Port the state of the resync."""
    client.call(
        "PATCH", path("integration", identifier, "resync-state"), body=state, patience=patience
    )
