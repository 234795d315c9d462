"""Delete entities from Port's catalog, as many in one call as Port takes."""

from collections.abc import Sequence
from http import HTTPStatus

from framework.errors import PortRefusedError
from framework.port.calls import DEFAULT, Patience, path
from framework.port.client import Client
from framework.port.entities import EntityError, flag
from framework.port.entity import Options

MOST_DELETIONS = 100  # Port's limit for one bulk deletion


def delete(
    client: Client,
    blueprint: str,
    identifiers: Sequence[str],
    options: Options,
    patience: Patience = DEFAULT,
) -> list[EntityError]:
    """Delete entities of one blueprint and return those that Port refused to delete.

    One that is gone already is fine. Raises PortUnavailableError, AuthError and StoppedError.
    """
    deletion = _Deletion(client, blueprint, options, patience)
    starts = range(0, len(identifiers), MOST_DELETIONS)
    return [
        error
        for start in starts
        for error in deletion.many(identifiers[start : start + MOST_DELETIONS])
    ]


class _Deletion:
    """The calls of one `delete`."""

    def __init__(self, client: Client, blueprint: str, options: Options, patience: Patience):
        self._client = client
        self._blueprint = blueprint
        self._params = {"delete_dependents": flag(options.delete_dependents)}
        self._patience = patience

    def many(self, identifiers: Sequence[str]) -> list[EntityError]:
        """Delete up to a hundred; where Port refuses them together, halve them."""
        self._client.check_stop()
        if len(identifiers) == 1:
            return self._one(identifiers[0])
        try:
            self._client.call(
                "POST",
                path("blueprints", self._blueprint, "bulk", "entities", "delete"),
                params=self._params,
                body={"entities": list(identifiers)},
                patience=self._patience,
            )
        except PortRefusedError as refusal:
            if refusal.status == HTTPStatus.FORBIDDEN:  # one by one it is refused as well
                return [self._refused(identifier, refusal) for identifier in identifiers]
            middle = len(identifiers) // 2
            return self.many(identifiers[:middle]) + self.many(identifiers[middle:])
        return []

    def _one(self, identifier: str) -> list[EntityError]:
        try:
            self._client.call(
                "DELETE",
                path("blueprints", self._blueprint, "entities", identifier),
                params=self._params,
                patience=self._patience,
            )
        except PortRefusedError as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                return []
            return [self._refused(identifier, refusal)]
        return []

    def _refused(self, identifier: str, refusal: PortRefusedError) -> EntityError:
        return EntityError(identifier, self._blueprint, refusal.status, str(refusal))
