from contextlib import closing

import pytest

from framework.journal import Journal, file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    with closing(Journal(path)) as journal:
        journal.open()
        yield journal


@pytest.fixture
def connection(path):
    with closing(file.connect(path)) as connection:
        connection.execute("PRAGMA busy_timeout = 0")
        yield connection
