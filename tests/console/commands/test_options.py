import os
import pty
import select
from pathlib import Path

import pytest

from framework.console.commands import options


def test_the_state_folder_stands_beside_the_configuration_unless_named(tmp_path):
    assert options.state_folder(tmp_path / "config.yaml", None) == tmp_path / ".state"
    assert options.state_folder(tmp_path / "config.yaml", Path("/var/x")) == Path("/var/x")


def test_steps_are_lines_where_there_is_no_terminal(capsys):
    with options.progress() as say:
        say("one")
        say("two")
    assert capsys.readouterr().err == "one\ntwo\n"


def test_steps_change_in_place_on_a_terminal(monkeypatch):
    ours, theirs = pty.openpty()
    said = []
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb", buffering=0) as screen:
        monkeypatch.setattr("sys.stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        with options.progress() as say:
            say("one")
            say("two")
        while not said or b"two" not in said[-1]:
            assert select.select([screen], [], [], 10)[0], b"".join(said)
            said.append(screen.read(10_000))
    assert b"\x1b[" in b"".join(said)


@pytest.mark.parametrize("as_json", [True, False])
def test_an_answer_is_a_table_or_json(capsys, as_json):
    options.show({"one": 1}, "a table", as_json=as_json)
    assert capsys.readouterr().out == ('{\n  "one": 1\n}\n' if as_json else "a table\n")
