"""The journal's file: its tables, opening and pruning it."""

import sqlite3
import time
from functools import partial
from pathlib import Path

from framework.errors import ConfigError

BUSY_SECONDS = 5  # how long to wait for somebody else's lock (a backup, an sqlite3 shell)
KEPT_SECONDS = 14 * 24 * 3600  # a done event is remembered that long, so that it is not done twice

# What each version adds to the one before; an older file is upgraded step by step.
# A delivery is `sent` while a process works on it.
STEPS = (
    """
    CREATE TABLE events (
        id TEXT PRIMARY KEY,
        body BLOB NOT NULL,
        recorded_at REAL NOT NULL
    ) STRICT;
    CREATE TABLE deliveries (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        event TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        identifier TEXT NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'done')),
        UNIQUE (event, identifier)
    ) STRICT;
    CREATE INDEX unfinished ON deliveries (number) WHERE state != 'done';
    CREATE TABLE blueprints (
        identifier TEXT NOT NULL,
        blueprint TEXT NOT NULL,
        PRIMARY KEY (identifier, blueprint)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE claims (
        identifier TEXT NOT NULL,
        blueprint TEXT NOT NULL,
        kind TEXT NOT NULL,
        position INTEGER NOT NULL,
        mapping TEXT NOT NULL,
        attempt TEXT NOT NULL,
        PRIMARY KEY (identifier, blueprint, kind, position, mapping)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE resyncs (
        identifier TEXT PRIMARY KEY,
        body BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE INDEX newest ON deliveries (identifier, number);
    CREATE TABLE transitions (
        identifier TEXT NOT NULL,
        number INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (identifier, number)
    ) STRICT;
    CREATE TABLE desired (
        identifier TEXT PRIMARY KEY,
        wanted TEXT NOT NULL CHECK (wanted IN ('run', 'pause', 'stop'))
    ) STRICT, WITHOUT ROWID;
    """,
)
VERSION = len(STEPS)


def connect(path: Path) -> sqlite3.Connection:
    """Open or create the journal; raise ConfigError for a file that cannot be used."""
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        # A damaged name must cost its own row, not every query that meets it.
        connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise ConfigError(
            f"{path}: {error}; check the folder's rights and free space, or move the file aside: "
            "the supervisor then starts with an empty journal and every integration resyncs"
        ) from error
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise ConfigError(
            f"{path}: written by a newer version of the framework (journal {version}, this one "
            f"reads {VERSION}); start that version, or name another folder with --state"
        )
    for number, step in enumerate(STEPS[version:], version + 1):
        connection.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT")
    connection.execute(
        "DELETE FROM events WHERE recorded_at < ? AND NOT EXISTS"
        " (SELECT 1 FROM deliveries WHERE event = events.id AND state != 'done')",
        [time.time() - KEPT_SECONDS],
    )
