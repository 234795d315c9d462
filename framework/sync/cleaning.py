"""The deletions of a resync: stale entities, blueprint by blueprint."""

from collections.abc import Mapping, Sequence

from framework.port import deletions
from framework.port.client import Client
from framework.port.entities import EntityError
from framework.port.entity import Options


class Cleaning:
    """Deletes stale entities; `deleted` counts them by blueprint."""

    def __init__(self, client: Client, options: Options):
        self._client = client
        self._options = options
        self.deleted: dict[str, int] = {}

    def delete(self, stale: Mapping[str, Sequence[str]]) -> list[str]:
        """Delete entities by blueprint; return why some are still there.

        Port refuses to delete what others depend on until they are gone, so the refused ones are
        tried again for as long as that helps.
        """
        left = {blueprint: list(identifiers) for blueprint, identifiers in stale.items()}
        while left:
            refused = self._round(left)
            if len(refused) == sum(map(len, left.values())):
                return [
                    f"stale entity {error.identifier!r} of {error.blueprint!r} stays: "
                    f"{error.message}"
                    for error in refused
                ]
            left = {}
            for error in refused:
                left.setdefault(error.blueprint, []).append(error.identifier)
        return []

    def _round(self, stale: Mapping[str, Sequence[str]]) -> list[EntityError]:
        refused: list[EntityError] = []
        for blueprint, identifiers in stale.items():
            errors = deletions.delete(self._client, blueprint, identifiers, self._options)
            gone = len(identifiers) - len(errors)
            self.deleted[blueprint] = self.deleted.get(blueprint, 0) + gone
            refused += errors
        return refused
