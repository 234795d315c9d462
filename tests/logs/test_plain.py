import logging

import pytest

from framework import logs
from framework.logs import plain
from framework.process import MARKER


@pytest.fixture
def set_up(monkeypatch):
    """Set up the log as in a process where nobody has done so: pytest adds handlers of its own."""
    root = logging.getLogger()
    level = root.level

    def set_up():
        monkeypatch.setattr(root, "handlers", [])
        logs.set_up()

    monkeypatch.delenv(MARKER, raising=False)
    yield set_up
    root.setLevel(level)
    for name in plain.QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_a_line_says_when_how_bad_who_and_what(set_up, capsys):
    set_up()
    logging.getLogger("supervisor").info("READY")
    logging.getLogger("supervisor").debug("for us")

    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("Z INFO    supervisor: READY")
    assert line.startswith("20")


def test_a_child_leaves_the_time_to_its_parent(set_up, capsys, monkeypatch):
    monkeypatch.setenv(MARKER, "i/sandbox")
    set_up()
    logging.getLogger("sandbox").warning("slow")

    assert capsys.readouterr().err == "WARNING sandbox: slow\n"


def test_libraries_speak_only_when_someone_must_act(set_up, capsys):
    set_up()
    logging.getLogger("kafka.conn").warning("reconnecting")
    logging.getLogger("urllib3.connectionpool").info("new connection")
    logging.getLogger("kafka.consumer.group").error("cannot go on")

    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("ERROR   kafka.consumer.group: cannot go on")
