"""Store entities in Port's catalog, as many in one call as Port takes."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from framework.errors import PortRefusedError
from framework.port import answers
from framework.port.calls import DEFAULT, Call, Patience, encode, path
from framework.port.client import Client
from framework.port.entity import Entity, Options

MOST_UPSERTS = 20  # Port's limit for one bulk upsert
MOST_BYTES = 1024 * 1024  # Port's limit for one body
ENVELOPE_BYTES = len('{"entities":[]}')

# With one of these Port refuses a whole call because of one entity: halve until it is found.
ONE_TO_BLAME = frozenset({400, 413, 422})


class EntityError(Struct, frozen=True):
    """An entity that Port refused to store or to delete, and why."""

    identifier: str
    blueprint: str
    status: int
    message: str


class _Row(Struct, rename="camel"):
    """One entity in Port's answer to a bulk upsert; the last three in errors alone."""

    identifier: str | None = None
    index: int | None = None
    status_code: int = 207
    error: Any = None
    message: Any = None


class _Upserted(Struct):
    ok: bool = True
    entities: list[_Row] | None = None
    errors: list[_Row] = []


def batches(entities: Sequence[Entity]) -> Iterator[list[Entity]]:
    """Group by blueprint, in order, into what fits one call; an entity too large is alone."""
    by_blueprint: dict[str, list[Entity]] = {}
    for entity in entities:
        by_blueprint.setdefault(entity.blueprint, []).append(entity)
    for group in by_blueprint.values():
        batch: list[Entity] = []
        size = ENVELOPE_BYTES
        for entity in group:
            more = len(entity.body) + 1  # and a comma
            if batch and (len(batch) == MOST_UPSERTS or size + more > MOST_BYTES + 1):
                yield batch
                batch, size = [], ENVELOPE_BYTES
            batch.append(entity)
            size += more
        yield batch


def flag(value: object) -> str:
    """Return a truth value as Port's query parameters spell it."""
    return "true" if value else "false"


def upsert(
    client: Client, batch: Sequence[Entity], options: Options, patience: Patience = DEFAULT
) -> list[EntityError]:
    """Store one of `batches` and return the entities that Port refused; the others are stored.

    Raises PortUnavailableError, AuthError or StoppedError: then none of it counts as stored.
    """
    params = {
        "upsert": "true",
        "merge": flag(options.merge),
        "create_missing_related_entities": flag(options.create_missing_related_entities),
    }
    body = encode({"entities": [entity.body for entity in batch]}) or b""
    if len(body) > MOST_BYTES:
        refusal = PortRefusedError(f"{len(body)} bytes; Port takes 1 MiB a call", 413)
        return _blame(client, batch, options, patience, refusal)
    try:
        call = Call("POST", path("blueprints", batch[0].blueprint, "entities", "bulk"))
        reply = client.call(call.method, call.path, body=body, params=params, patience=patience)
    except PortRefusedError as refusal:
        return _blame(client, batch, options, patience, refusal)
    return _errors(answers.decode(reply, _Upserted, str(call)), batch)


def _blame(
    client: Client,
    batch: Sequence[Entity],
    options: Options,
    patience: Patience,
    refusal: PortRefusedError,
) -> list[EntityError]:
    """Return all entities as refused, or halve the batch until the one to blame is found."""
    if len(batch) == 1 or refusal.status not in ONE_TO_BLAME:
        return [_refused(entity, refusal.status, str(refusal)) for entity in batch]
    client.check_stop()
    middle = len(batch) // 2
    return [
        *upsert(client, batch[:middle], options, patience),
        *upsert(client, batch[middle:], options, patience),
    ]


def _errors(upserted: _Upserted, batch: Sequence[Entity]) -> list[EntityError]:
    """Return an error for each entity that the answer does not say is stored."""
    errors = [_error(row, batch) for row in upserted.errors]
    if not upserted.ok and not errors:
        return [_refused(entity, 207, "Port says that it is not ok") for entity in batch]
    if upserted.entities is None:
        return errors
    rows = [*upserted.entities, *upserted.errors]
    if len(rows) >= len(batch):
        return errors
    indexes = {row.index for row in rows}
    identifiers = {row.identifier for row in rows}
    return errors + [
        _refused(entity, 207, "Port's answer does not mention it")
        for index, entity in enumerate(batch)
        if index not in indexes and entity.identifier not in identifiers
    ]


def _error(row: _Row, batch: Sequence[Entity]) -> EntityError:
    """Return the error of the entity at the row's index; Port's name for it may be "unknown"."""
    words = [
        word if isinstance(word, str) else msgspec.json.encode(word).decode()
        for word in (row.error, row.message)
        if word
    ]
    text = ": ".join(words) or "Port gives no reason"
    if row.index is not None and 0 <= row.index < len(batch):
        return _refused(batch[row.index], row.status_code, text)
    return EntityError(row.identifier or "unknown", batch[0].blueprint, row.status_code, text)


def _refused(entity: Entity, status: int, message: str) -> EntityError:
    return EntityError(entity.identifier, entity.blueprint, status, message)
