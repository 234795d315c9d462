import sqlite3
from contextlib import closing

import pytest

from framework.errors import ConfigError
from framework.events import Delivery, Resync
from framework.journal import Desired, Journal, Transition, file

# The statements that made a file of version 1, word for word.
VERSION_1 = """
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
    PRAGMA user_version = 1;
"""
HELD_BY_1 = """
    INSERT INTO events VALUES
        ('e1', CAST(
            '{"type":"resync","id":"e1","integration":null,"reason":"start"}' AS BLOB), 4e9),
        ('e2', CAST(
            '{"type":"resync","id":"e2","integration":null,"reason":"asked for"}' AS BLOB), 4e9);
    INSERT INTO deliveries (event, identifier, attempt, state) VALUES
        ('e1', 'jira', 1, 'done'), ('e2', 'jira', 2, 'sent'), ('e2', 'kafka', 0, 'pending');
    INSERT INTO blueprints VALUES ('jira', 'issue');
    INSERT INTO claims VALUES ('jira', 'issue', 'issue', 0, 'm1', 'e1/jira#1');
    INSERT INTO resyncs VALUES ('jira', CAST(
        '{"identifier":"jira","status":"completed","startedAt":"2026-11-24T12:00:00Z"}' AS BLOB));
"""

OLD, NEW, UNDONE = (Resync(name, None, "start") for name in ("old", "new", "undone"))


def execute(path, statement):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_commit_is_synchronous_and_written_ahead(path):
    with closing(file.connect(path)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_is_no_journal_is_refused_with_what_to_do(path):
    path.write_text("not a database" * 100)

    with pytest.raises(ConfigError, match=r"journal\.sqlite: file is not a database; .*move"):
        Journal(path).open()


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="unable to open database file"):
        Journal(tmp_path / "absent" / "journal.sqlite").open()


def test_a_journal_of_a_newer_version_is_refused(path):
    execute(path, "PRAGMA user_version = 99")

    with pytest.raises(ConfigError, match="newer version of the framework"):
        Journal(path).open()


def test_what_is_done_for_long_is_pruned_and_nothing_else(journal, path):
    for event in (OLD, NEW, UNDONE):
        journal.record(event, ["jira"])
    journal.done([Delivery(OLD, "jira"), Delivery(NEW, "jira")])
    journal.close()
    execute(path, "UPDATE events SET recorded_at = 0 WHERE id != 'new'")

    file.connect(path).close()

    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT event FROM deliveries ORDER BY number").fetchall()
    assert kept == [("new",), ("undone",)]


@pytest.fixture
def version_1(path):
    """A journal that an earlier version of the framework made and used."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA journal_mode = WAL; BEGIN; {VERSION_1} COMMIT")
        connection.executescript(HELD_BY_1)
    return path


def schema(path):
    with closing(sqlite3.connect(path)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        rows = connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"
        )
        return version, rows.fetchall()


def test_a_file_of_version_1_becomes_what_a_new_one_is(version_1, tmp_path):
    file.connect(tmp_path / "new.sqlite").close()
    file.connect(version_1).close()

    assert schema(version_1) == schema(tmp_path / "new.sqlite")
    assert schema(version_1)[0] == file.VERSION


def test_a_file_of_version_1_loses_nothing(version_1):
    with closing(Journal(version_1)) as journal:
        journal.open()

        sent, pending = journal.pending()
        assert (sent.id, sent.attempt, pending.id) == ("e2/jira", 2, "e2/kafka")
        assert journal.record(Resync("e1", None, "start"), ["jira"]) == []
        assert journal.noted_blueprints("jira") == {"issue"}
        assert [one.attempt for one in journal.claims("jira")] == ["e1/jira#1"]
        assert journal.last_resyncs()["jira"].status == "completed"


def test_a_file_of_version_1_takes_what_is_new(version_1):
    transition = Transition("jira", "2026-11-24T12:00:00.000Z", "STARTING", "READY")
    with closing(Journal(version_1)) as journal:
        journal.open()
        journal.note(transition)
        journal.desire("jira", Desired.STOP)

        assert journal.transitions("jira") == [transition]
        assert journal.desired() == {"jira": Desired.STOP}
        states = [(one.event, one.state) for one in journal.last_deliveries("jira")]
    assert states == [("e2", "sent"), ("e1", "done")]


def test_an_upgrade_that_is_broken_off_leaves_version_1_whole(version_1):
    before = schema(version_1)
    execute(version_1, "CREATE TABLE desired (in_the_way TEXT)")
    with pytest.raises(ConfigError, match="table desired already exists"):
        file.connect(version_1)

    execute(version_1, "DROP TABLE desired")
    assert schema(version_1) == before
    file.connect(version_1).close()
    assert schema(version_1)[0] == file.VERSION
