"""A store of environments made by hand, of which kafka's is built."""

import pytest

from tests.fakes import environment as fake
from tests.fakes import environments as fakes
from tests.fakes.environments import FakeEnvironments
from tests.fakes.uv import FakeUv


@pytest.fixture
def uv(tmp_path):
    return FakeUv(tmp_path / "uv")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "environments"


@pytest.fixture
def environments(root):
    return FakeEnvironments(root)


@pytest.fixture
def store(root, environments, uv):
    fake.make(root, "kafka", fakes.PACKAGE)
    return fakes.store(root, environments, uv)
