"""A store of environments of which kafka's is built; a console whose supervisor is a fake."""

import pytest
from typer.testing import CliRunner

from framework.console import door
from framework.console.api import Console
from framework.errors import FrameworkError
from framework.state import StateFolder
from tests.fakes import environment as fake
from tests.fakes import environments as fakes
from tests.fakes.environments import FakeEnvironments
from tests.fakes.operations import FakeOperations, row
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


@pytest.fixture
def operations():
    return FakeOperations(row("kafka"), row("jira/eu"))


@pytest.fixture
def served(tmp_path, operations):
    """Return a state folder whose console has the operations."""
    folder = StateFolder(tmp_path / "state")
    console = Console(folder.listen(), operations)
    console.start()
    yield folder.path
    console.stop()
    folder.close()
    assert not console.is_alive()


@pytest.fixture
def cli(served):
    """Return what runs a command and returns its exit status, stdout and stderr."""

    def run(*words):
        done = CliRunner().invoke(door.opened(), [*words, "--state", str(served)])
        said = str(done.exception) if isinstance(done.exception, FrameworkError) else ""
        return done.exit_code, done.stdout, done.stderr + said

    return run
