import threading

import pytest

from framework.console import client
from framework.errors import ConfigError, FrameworkError, JournalError
from framework.state import NotRunningError, StateFolder


@pytest.fixture
def answering(tmp_path):
    """A supervisor that answers one call with these bytes and hangs up."""
    folder = StateFolder(tmp_path)
    listener = folder.listen()
    threads = []

    def serve(answer):
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(answer)
        connection.close()

    def answering(answer):
        threads.append(threading.Thread(target=serve, args=(answer,)))
        threads[-1].start()
        return folder.path

    yield answering
    for thread in threads:
        thread.join(10)
    listener.close()
    folder.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"what?\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{",
    ],
)
def test_a_supervisor_that_dies_while_it_answers_is_a_sentence(answering, answer):
    folder = answering(answer)

    with pytest.raises(FrameworkError, match="does not answer"):
        client.status(folder)


def test_a_socket_that_is_gone_means_that_nobody_runs(tmp_path):
    (tmp_path / "console").write_text(str(tmp_path / "gone.sock"))

    with pytest.raises(FrameworkError, match="no supervisor runs"):
        client.status(tmp_path)


def test_a_socket_without_a_supervisor_says_so(tmp_path):
    StateFolder(tmp_path).listen().close()

    with pytest.raises(NotRunningError, match="no supervisor runs"):
        client.status(tmp_path)


def test_a_status_is_what_the_supervisor_says(served, operations):
    assert client.status(served) == operations.status()


def test_every_request_reaches_its_operation(served, operations):
    assert client.resync(served, "jira/eu") == "console:1"
    client.desire(served, "jira/eu", "pause")
    client.restart(served, "kafka")
    assert client.stacks(served, "kafka") == "MainThread\n  main.py:1 serve\n"

    assert operations.asked == [
        ("resync", "jira/eu"),
        ("pause", "jira/eu"),
        ("restart", "kafka"),
        ("stacks", "kafka"),
    ]


def test_a_description_is_what_the_supervisor_says(served, operations):
    assert client.describe(served, "jira/eu") == operations.describe("jira/eu")


def test_a_reload_and_its_preview_are_told_apart(served):
    assert client.preview(served)["applied"] is False
    assert client.reload(served)["applied"] is True


def test_what_the_supervisor_refuses_is_an_error_of_the_caller(served):
    with pytest.raises(ConfigError, match="there are: kafka, jira/eu"):
        client.restart(served, "nope")


def test_what_the_supervisor_cannot_do_now_is_no_error_of_the_caller(served, operations):
    operations.trouble = JournalError("the disk is full")

    with pytest.raises(FrameworkError, match="the disk is full") as refused:
        client.resync(served, "kafka")
    assert not isinstance(refused.value, ConfigError)
