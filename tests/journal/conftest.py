from contextlib import closing

import pytest

from framework.journal import Journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    with closing(Journal(path)) as journal:
        journal.open()
        yield journal
