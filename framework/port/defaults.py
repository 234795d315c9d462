"""Register an integration with Port: its blueprints in three stages, itself last."""

from http import HTTPStatus
from typing import Any, Protocol

import msgspec

from framework.errors import AuthError, PortRefusedError
from framework.port import blueprints, integrations
from framework.port.client import Client
from framework.port.integrations import KAFKA_DESTINATION, Integration, Registration
from framework.port.resources import Resources

# Blueprints name one another, so what names another waits until all of them exist.
LINKS = ("relations", "ownership", "teamInheritance")
DERIVED = ("mirrorProperties", "calculationProperties", "aggregationProperties")


class Notes(Protocol):
    """Which blueprints we set out to create for an integration; survives a crash."""

    def noted(self, identifier: str) -> set[str]:
        """Return the blueprints noted for this integration."""
        ...

    def note(self, identifier: str, blueprint: str) -> None:
        """Store that we are about to create this blueprint."""
        ...

    def forget(self, identifier: str, blueprint: str) -> None:
        """Store that we did not create it after all."""
        ...


def register(client: Client, resources: Resources, notes: Notes) -> None:
    """Make Port know the integration; its existence there means that its defaults are whole.

    So a known one gets no blueprint, and its mapping only where it has none. Stopped half-way, the
    next call resumes the blueprints it noted. Raises what the client raises; nothing is undone.
    """
    known = _known(client, resources.identifier)
    if known is not None:
        _bring_up_to_date(client, resources, known)
        return
    ours = [found for found in resources.blueprints if _is_ours(client, resources, found, notes)]
    for blueprint in ours:
        _add(client, blueprint, _only(blueprint, LINKS), LINKS)
    for blueprint in ours:
        _add(client, blueprint, blueprint, DERIVED)
    _introduce(client, resources)


def _known(client: Client, identifier: str) -> Integration | None:
    try:
        return integrations.get(client, identifier)
    except PortRefusedError as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def _introduce(client: Client, resources: Resources) -> None:
    registration = Registration(
        resources.identifier, resources.type, resources.version, resources.mapping
    )
    try:
        integrations.create(client, registration)
    except PortRefusedError as refusal:
        if refusal.status != HTTPStatus.CONFLICT:
            raise
        known = integrations.get(client, resources.identifier)  # somebody was faster
        _bring_up_to_date(client, resources, known)


def _bring_up_to_date(client: Client, resources: Resources, known: Integration) -> None:
    """Change what differs; without a change no call, for an empty one starts a resync."""
    changes: dict[str, Any] = {}
    if known.installation_app_type != resources.type:
        changes["installationAppType"] = resources.type
    if known.version != resources.version:
        changes["version"] = resources.version
    if (known.changelog_destination or {}).get("type") != KAFKA_DESTINATION["type"]:
        changes["changelogDestination"] = KAFKA_DESTINATION
    if resources.mapping and not _has_mapping(known):
        changes["config"] = resources.mapping
    if changes:
        integrations.update(client, resources.identifier, changes)


def _has_mapping(known: Integration) -> bool:
    return bool(msgspec.json.decode(known.config))


def _is_ours(client: Client, resources: Resources, blueprint: dict[str, Any], notes: Notes) -> bool:
    """Create a blueprint bare unless it exists; return whether it is ours to complete."""
    name = blueprint["identifier"]
    noted = name in notes.noted(resources.identifier)
    if blueprints.exists(client, name):
        return noted
    if not noted:
        notes.note(resources.identifier, name)
    try:
        blueprints.create(client, _without(blueprint, LINKS + DERIVED))
    except (PortRefusedError, AuthError) as refusal:
        notes.forget(resources.identifier, name)  # or we would complete somebody else's later
        if isinstance(refusal, PortRefusedError) and refusal.status == HTTPStatus.CONFLICT:
            return False
        raise
    return True


def _add(
    client: Client, blueprint: dict[str, Any], fields: dict[str, Any], needed_for: tuple[str, ...]
) -> None:
    if _only(blueprint, needed_for):
        blueprints.update(client, blueprint["identifier"], fields)


def _only(blueprint: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in blueprint.items() if key in keys}


def _without(blueprint: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in blueprint.items() if key not in keys}
