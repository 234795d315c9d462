import pytest

from framework.console import client
from framework.console.api import Console
from framework.errors import ConfigError, FrameworkError, JournalError
from framework.state import NotRunningError, StateFolder


def resync(identifier: str) -> str:
    match identifier:
        case "jira/eu":
            return "console:1"
        case "full":
            raise JournalError("the disk is full")
        case _:
            raise ConfigError(f"no integration {identifier!r}; there are: jira/eu")


@pytest.fixture
def folder(tmp_path):
    folder = StateFolder(tmp_path)
    console = Console(folder.listen(), lambda: {"state": "READY"}, resync)
    console.start()
    yield folder.path
    console.stop()
    folder.close()
    assert not console.is_alive()


def test_status_is_what_the_supervisor_says(folder):
    assert client.status(folder) == {"state": "READY"}


def test_a_resync_answers_with_the_recorded_event(folder):
    assert client.resync(folder, "jira/eu") == "console:1"


def test_an_unknown_integration_is_refused_with_the_known_ones(folder):
    with pytest.raises(FrameworkError, match="there are: jira/eu"):
        client.resync(folder, "nope")


def test_a_resync_that_could_not_be_recorded_is_an_error(folder):
    with pytest.raises(FrameworkError, match="the disk is full"):
        client.resync(folder, "full")


def test_a_socket_without_a_supervisor_says_so(tmp_path):
    folder = StateFolder(tmp_path)
    folder.listen().close()

    with pytest.raises(NotRunningError, match="no supervisor runs"):
        client.status(tmp_path)


def test_a_status_that_cannot_be_had_is_a_sentence(tmp_path):
    def closed():
        raise JournalError("the journal is closed")

    folder = StateFolder(tmp_path)
    console = Console(folder.listen(), closed, resync)
    console.start()
    with pytest.raises(FrameworkError, match="the journal is closed"):
        client.status(tmp_path)
    console.stop()
    folder.close()


def test_a_console_that_never_started_stops(tmp_path):
    folder = StateFolder(tmp_path)
    console = Console(folder.listen(), dict, resync)
    console.stop()
    folder.close()

    with pytest.raises(NotRunningError, match=r"start one with `supervisor\.py run`"):
        client.status(tmp_path)
