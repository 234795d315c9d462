import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from framework.errors import ConfigError
from framework.state import NotRunningError, StateFolder, console_address

HOLDER = (
    "import sys; from pathlib import Path; from framework.state import StateFolder;"
    "folder = StateFolder(Path(sys.argv[1])); print('taken', flush=True); sys.stdin.read()"
)


def test_the_folder_and_its_socket_are_for_the_owner_alone(tmp_path):
    folder = StateFolder(tmp_path / "state")
    listener = folder.listen()

    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(Path(console_address(folder.path)).stat().st_mode) == 0o600
    listener.close()
    folder.close()


def test_the_instance_is_made_once(tmp_path):
    first = StateFolder(tmp_path)
    first.close()
    second = StateFolder(tmp_path)
    second.close()

    assert first.instance == second.instance
    assert len(first.instance) == 16


def test_a_second_supervisor_is_told_who_has_the_folder(tmp_path):
    argv = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    ) as holder:
        assert holder.stdout.readline() == b"taken\n"

        with pytest.raises(ConfigError, match=f"pid {holder.pid}"):
            StateFolder(tmp_path)


def test_a_long_path_gets_a_short_socket_elsewhere(tmp_path):
    deep = tmp_path / ("x" * 120)
    folder = StateFolder(deep)
    listener = folder.listen()
    address = Path(console_address(deep))

    assert len(os.fsencode(address)) < 100
    assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700
    listener.close()
    folder.close()
    assert not address.parent.exists()


def test_a_folder_nobody_runs_in_says_how_to_start(tmp_path):
    with pytest.raises(NotRunningError, match=r"supervisor\.py run"):
        console_address(tmp_path)


def test_a_folder_that_cannot_be_made_names_the_cure(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="--state"):
        StateFolder(tmp_path / "file" / "state")


def test_a_supervisor_that_has_no_console_yet_is_starting(tmp_path):
    folder = StateFolder(tmp_path)
    try:
        with pytest.raises(NotRunningError, match=f"with pid {os.getpid()} is starting"):
            console_address(tmp_path)
    finally:
        folder.close()
