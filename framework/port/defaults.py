"""Register an integration with Port: blueprints in three stages, then the integration itself."""

from http import HTTPStatus
from typing import Any, Protocol

import msgspec

from framework.errors import AuthError, PortRefusedError
from framework.port import blueprints, integrations
from framework.port.client import Client
from framework.port.integrations import KAFKA_DESTINATION, Integration
from framework.port.resources import Resources

# Blueprints refer to one another, so these fields wait until all blueprints exist.
LINKS = ("relations", "ownership", "teamInheritance")
DERIVED = ("mirrorProperties", "calculationProperties", "aggregationProperties")


class BlueprintNotes(Protocol):
    """The blueprints that we set out to create for an integration; they survive a crash."""

    def noted_blueprints(self, identifier: str) -> set[str]:
        """Return the blueprints noted for this integration."""
        ...

    def note_blueprint(self, identifier: str, blueprint: str) -> None:
        """Store that we are about to create this blueprint."""
        ...

    def forget_blueprint(self, identifier: str, blueprint: str) -> None:
        """Store that we did not create it after all."""
        ...


def register(client: Client, resources: Resources, notes: BlueprintNotes) -> None:
    """Make Port know the integration; if Port knows it, its defaults were created completely.

    So a known integration gets no blueprint, and a mapping only if it has none. After a stop
    half-way, the next call goes on with the blueprints it noted. Raises what the client raises;
    nothing is undone.
    """
    try:
        known = integrations.get(client, resources.identifier)
    except PortRefusedError as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
    else:
        _update(client, resources, known)
        return
    ours = [found for found in resources.blueprints if _is_ours(client, resources, found, notes)]
    for blueprint in ours:
        if links := _only(blueprint, LINKS):
            blueprints.update(client, blueprint["identifier"], links)
    for blueprint in ours:
        if _only(blueprint, DERIVED):
            blueprints.update(client, blueprint["identifier"], blueprint)
    _create(client, resources)


def _create(client: Client, resources: Resources) -> None:
    try:
        integrations.create(
            client, resources.identifier, resources.type, resources.version, resources.mapping
        )
    except PortRefusedError as refusal:
        if refusal.status != HTTPStatus.CONFLICT:
            raise
        # Somebody was faster.
        _update(client, resources, integrations.get(client, resources.identifier))


def _update(client: Client, resources: Resources, known: Integration) -> None:
    """Change what differs; without a change make no call, for an empty one starts a resync."""
    changes: dict[str, Any] = {}
    if known.installation_app_type != resources.type:
        changes["installationAppType"] = resources.type
    if known.version != resources.version:
        changes["version"] = resources.version
    if (known.changelog_destination or {}).get("type") != KAFKA_DESTINATION["type"]:
        changes["changelogDestination"] = KAFKA_DESTINATION
    has_mapping = bool(msgspec.json.decode(known.config))
    if resources.mapping and not has_mapping:
        changes["config"] = resources.mapping
    if changes:
        integrations.update(client, resources.identifier, changes)


def _is_ours(
    client: Client, resources: Resources, blueprint: dict[str, Any], notes: BlueprintNotes
) -> bool:
    """Create a bare blueprint unless it exists; return whether it is ours to complete."""
    name = blueprint["identifier"]
    noted = name in notes.noted_blueprints(resources.identifier)
    if blueprints.exists(client, name):
        return noted
    if not noted:
        notes.note_blueprint(resources.identifier, name)
    bare = {key: value for key, value in blueprint.items() if key not in LINKS + DERIVED}
    try:
        blueprints.create(client, bare)
    except (PortRefusedError, AuthError) as refusal:
        # Forget it, or we would complete somebody else's later.
        notes.forget_blueprint(resources.identifier, name)
        if isinstance(refusal, PortRefusedError) and refusal.status == HTTPStatus.CONFLICT:
            return False
        raise
    return True


def _only(blueprint: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in blueprint.items() if key in keys}
