import logging

import pytest

from tests.fakes.living import Living


@pytest.fixture
def one(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    one = Living(tmp_path)
    yield one
    one.end()
