"""The tables of entities: their documents, their last writers, the targets of their relations."""

import sqlite3
from typing import NamedTuple

import msgspec

from framework.sandbox.port import refusals
from framework.sandbox.port.calls import Json


class Key(NamedTuple):
    """What identifies an entity."""

    blueprint: str
    identifier: str


class Reference(NamedTuple):
    """An entity that names another one, and the relation that does."""

    source: Key
    relation: str


def find(database: sqlite3.Connection, key: Key) -> Json | None:
    """Return an entity, or None."""
    query = "SELECT document FROM entities WHERE blueprint = ? AND identifier = ?"
    row = database.execute(query, key).fetchone()
    return msgspec.json.decode(row[0]) if row else None


def get(database: sqlite3.Connection, key: Key) -> Json:
    """Return an entity; refuse with 404 if there is none."""
    found = find(database, key)
    if found is None:
        raise refusals.not_found(f"entity {key.identifier!r} of blueprint {key.blueprint!r}")
    return found


def listing(database: sqlite3.Connection, blueprint: str) -> list[Json]:
    """Return every entity of a blueprint, sorted by identifier."""
    query = "SELECT document FROM entities WHERE blueprint = ? ORDER BY identifier"
    return [msgspec.json.decode(row[0]) for row in database.execute(query, (blueprint,))]


def count(database: sqlite3.Connection, blueprint: str) -> int:
    """Return how many entities a blueprint has."""
    query = "SELECT count(*) FROM entities WHERE blueprint = ?"
    return int(database.execute(query, (blueprint,)).fetchone()[0])


def counts(database: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Return the number of entities and the time of the last write for each blueprint."""
    query = "SELECT blueprint, count(*), max(updated_at) FROM entities GROUP BY blueprint"
    return {row[0]: (row[1], row[2]) for row in database.execute(query)}


def put(
    database: sqlite3.Connection, entity: Json, targets: dict[str, list[Key]], datasource: str
) -> None:
    """Store an entity in place of any earlier one; `targets` are those that each relation names."""
    key = Key(entity["blueprint"], entity["identifier"])
    text = msgspec.json.encode(entity).decode()
    query = "INSERT OR REPLACE INTO entities VALUES (?, ?, ?, ?, ?)"
    database.execute(query, (*key, text, datasource, entity["updatedAt"]))
    database.execute("DELETE FROM relations WHERE blueprint = ? AND identifier = ?", key)
    query = "INSERT OR IGNORE INTO relations VALUES (?, ?, ?, ?, ?)"
    rows = [(*key, name, *target) for name, many in targets.items() for target in many]
    database.executemany(query, rows)


def delete(database: sqlite3.Connection, key: Key) -> None:
    """Remove an entity, its references and those to it."""
    database.execute("DELETE FROM entities WHERE blueprint = ? AND identifier = ?", key)
    database.execute("DELETE FROM relations WHERE blueprint = ? AND identifier = ?", key)
    database.execute("DELETE FROM relations WHERE target_blueprint = ? AND target = ?", key)


def references(database: sqlite3.Connection, key: Key) -> list[Reference]:
    """Return the references to an entity."""
    query = (
        "SELECT blueprint, identifier, relation FROM relations "
        "WHERE target_blueprint = ? AND target = ?"
    )
    rows = database.execute(query, key)
    return [Reference(Key(row[0], row[1]), row[2]) for row in rows]


def forget_reference(database: sqlite3.Connection, reference: Reference, target: str) -> None:
    """Remove `target` from the relation that names it."""
    entity = get(database, reference.source)
    value = entity["relations"].get(reference.relation)
    left = [each for each in value if each != target] if isinstance(value, list) else None
    entity["relations"][reference.relation] = left
    query = "UPDATE entities SET document = ? WHERE blueprint = ? AND identifier = ?"
    database.execute(query, (msgspec.json.encode(entity).decode(), *reference.source))
