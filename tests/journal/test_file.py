import sqlite3
from contextlib import closing

import pytest

from framework.errors import ConfigError
from framework.events import Delivery, Resync
from framework.journal import Journal, file

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
