"""The deletions of a resync: what is stale goes, blueprint by blueprint."""

from collections.abc import Mapping, Sequence

from framework.port import deletions
from framework.port.client import Client
from framework.port.entities import EntityError
from framework.port.entity import Options


class Cleaning:
    """What became of the stale entities; `deleted` counts them by blueprint."""

    def __init__(self, client: Client, options: Options):
        self._client = client
        self._options = options
        self.deleted: dict[str, int] = {}

    def delete(self, stale: Mapping[str, Sequence[str]]) -> list[str]:
        """Delete entities by blueprint; return why some are still there.

        What others depend on is refused until they are gone, so the refused ones are tried again
        for as long as that helps.
        """
        left = {blueprint: list(identifiers) for blueprint, identifiers in stale.items()}
        while left:
            refused = self._round(left)
            remaining = _by_blueprint(refused)
            if _size(remaining) in {0, _size(left)}:
                return [_reason(error) for error in refused]
            left = remaining
        return []

    def _round(self, stale: Mapping[str, Sequence[str]]) -> list[EntityError]:
        refused: list[EntityError] = []
        for blueprint, identifiers in stale.items():
            errors = deletions.delete(self._client, blueprint, identifiers, self._options)
            gone = len(identifiers) - len(errors)
            self.deleted[blueprint] = self.deleted.get(blueprint, 0) + gone
            refused += errors
        return refused


def _by_blueprint(errors: Sequence[EntityError]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for error in errors:
        found.setdefault(error.blueprint, []).append(error.identifier)
    return found


def _size(stale: Mapping[str, Sequence[str]]) -> int:
    return sum(map(len, stale.values()))


def _reason(error: EntityError) -> str:
    return f"stale entity {error.identifier!r} of {error.blueprint!r} stays: {error.message}"
