"""The SQLite file with the local Port's catalog."""

import sqlite3
from pathlib import Path

from framework.errors import ConfigError

VERSION = 1
TABLES = """
BEGIN;
CREATE TABLE facts (name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE integrations (identifier TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE blueprints (identifier TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE entities (
  blueprint TEXT NOT NULL, identifier TEXT NOT NULL, document TEXT NOT NULL,
  datasource TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (blueprint, identifier)
);
CREATE INDEX entities_updated ON entities (blueprint, updated_at);
CREATE INDEX entities_owned ON entities (datasource, blueprint, identifier);
CREATE TABLE relations (
  blueprint TEXT NOT NULL, identifier TEXT NOT NULL, relation TEXT NOT NULL,
  target_blueprint TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (blueprint, identifier, relation, target)
) WITHOUT ROWID;
CREATE INDEX relations_target ON relations (target_blueprint, target);
PRAGMA user_version = 1;
COMMIT;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, and create it if need be; the thread that serves requests then owns it."""
    try:
        database = sqlite3.connect(path, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        _upgrade(database, path)
    except sqlite3.Error as error:
        raise ConfigError(
            f"{path}: {error}; move the file away to start with an empty catalog"
        ) from error
    return database


def _upgrade(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise ConfigError(
            f"{path} was written by a newer version of the framework; "
            "move the file away to start with an empty catalog"
        )
    if version == 0:
        database.executescript(TABLES)
