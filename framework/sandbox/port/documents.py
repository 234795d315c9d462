"""JSON documents in tables that are keyed by identifier: integrations, blueprints."""

import sqlite3

import msgspec

from framework.sandbox.port import refusals
from framework.sandbox.port.calls import Json


class Documents:
    """A table of documents; `noun` is what refusals call a row."""

    def __init__(self, table: str, noun: str):
        self._table = table
        self._noun = noun

    def all(self, database: sqlite3.Connection) -> list[Json]:
        """Return every document, oldest first."""
        rows = database.execute(f"SELECT document FROM {self._table} ORDER BY rowid")  # noqa: S608 - a constant
        return [msgspec.json.decode(row[0]) for row in rows]

    def find(self, database: sqlite3.Connection, identifier: str) -> Json | None:
        """Return a document, or None."""
        query = f"SELECT document FROM {self._table} WHERE identifier = ?"  # noqa: S608 - a constant
        row = database.execute(query, (identifier,)).fetchone()
        return msgspec.json.decode(row[0]) if row else None

    def get(self, database: sqlite3.Connection, identifier: str) -> Json:
        """Return a document; refuse with 404 if there is none."""
        found = self.find(database, identifier)
        if found is None:
            raise refusals.not_found(f"{self._noun} {identifier!r}")
        return found

    def insert(self, database: sqlite3.Connection, document: Json) -> None:
        """Store a new document; refuse one whose identifier is taken."""
        identifier = document["identifier"]
        if self.find(database, identifier) is not None:
            raise refusals.taken(f"{self._noun} {identifier!r}")
        query = f"INSERT INTO {self._table} VALUES (?, ?)"  # noqa: S608 - a constant
        database.execute(query, (identifier, msgspec.json.encode(document).decode()))

    def replace(self, database: sqlite3.Connection, document: Json) -> None:
        """Store a document in place of the one with the same identifier."""
        query = f"UPDATE {self._table} SET document = ? WHERE identifier = ?"  # noqa: S608 - a constant
        text = msgspec.json.encode(document).decode()
        database.execute(query, (text, document["identifier"]))

    def delete(self, database: sqlite3.Connection, identifier: str) -> None:
        """Remove a document; refuse with 404 if there is none."""
        self.get(database, identifier)
        query = f"DELETE FROM {self._table} WHERE identifier = ?"  # noqa: S608 - a constant
        database.execute(query, (identifier,))


INTEGRATIONS = Documents("integrations", "integration")
BLUEPRINTS = Documents("blueprints", "blueprint")
