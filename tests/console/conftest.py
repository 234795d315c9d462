"""A console whose supervisor is a fake."""

import pytest
from typer.testing import CliRunner

from framework.console.api import Console
from framework.console.commands import app
from framework.errors import FrameworkError
from framework.state import StateFolder
from tests.fakes.operations import FakeOperations, row


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
        done = CliRunner().invoke(app.opened(), [*words, "--state", str(served)])
        said = str(done.exception) if isinstance(done.exception, FrameworkError) else ""
        return done.exit_code, done.stdout, done.stderr + said

    return run
