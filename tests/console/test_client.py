import threading

import pytest

from framework.console import client
from framework.errors import FrameworkError
from framework.state import StateFolder


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
