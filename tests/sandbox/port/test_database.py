import sqlite3
from contextlib import closing

import pytest

from framework.errors import ConfigError
from framework.sandbox.port import database


def test_the_catalog_survives_a_restart(tmp_path):
    path = tmp_path / "port.sqlite"
    with closing(database.connect(path)) as first, first:
        first.execute("INSERT INTO facts VALUES ('a', 'b')")
    with closing(database.connect(path)) as second:
        assert second.execute("SELECT * FROM facts").fetchall() == [("a", "b")]


def test_a_file_that_is_no_catalog_says_what_to_do(tmp_path):
    path = tmp_path / "port.sqlite"
    path.write_text("no database at all, " * 100)
    with pytest.raises(ConfigError, match="move the file away"):
        database.connect(path)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "port.sqlite"
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match="newer version"):
        database.connect(path)
