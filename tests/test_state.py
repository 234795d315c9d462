import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from framework import state as module
from framework.errors import ConfigError
from framework.state import NotRunningError, StateFolder, console_address, instance

HAS_MACHINE = Path("/etc/machine-id").exists()
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


# --- whose folder it is


def opened(path):
    """Return the instance and the note of a folder that is taken and given back."""
    folder = StateFolder(path)
    folder.close()
    return folder.instance, folder.note


def test_a_copy_gets_an_identity_of_its_own_and_says_so(tmp_path):
    first, note = opened(tmp_path / "state")
    assert note is None
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    copy, note = opened(tmp_path / "copy")

    assert copy != first
    assert f"{tmp_path / 'copy'} has a new identity: it is a copy, or was moved (another" in note
    assert opened(tmp_path / "copy") == (copy, None)
    assert opened(tmp_path / "state") == (first, None)


def test_a_folder_that_is_renamed_stays_what_it_is(tmp_path):
    first, _ = opened(tmp_path / "state")
    (tmp_path / "state").rename(tmp_path / "renamed")

    assert opened(tmp_path / "renamed") == (first, None)


@pytest.mark.parametrize(
    ("change", "way"),
    [({"machine": "0" * 32}, "on another machine"), ({"file_system": 7}, "on another file system")],
)
def test_another_machine_or_file_system_is_another_identity(tmp_path, change, way):
    first, _ = opened(tmp_path)
    known = msgspec.json.decode((tmp_path / "instance").read_bytes())
    (tmp_path / "instance").write_bytes(msgspec.json.encode({**known, "machine": "1", **change}))

    second, note = opened(tmp_path)
    assert second != first
    assert way in note


def test_what_is_not_known_is_no_difference(tmp_path, monkeypatch):
    first, _ = opened(tmp_path)
    monkeypatch.setattr(module, "MACHINE", tmp_path / "nowhere")
    assert opened(tmp_path) == (first, None)
    assert module._parse((tmp_path / "instance").read_bytes()).machine == machine()


@pytest.mark.parametrize("text", [b"uninitialized\n", b"", b"\xff" * 32])
def test_a_machine_without_a_proper_id_is_no_other_machine(tmp_path, monkeypatch, text):
    first, _ = opened(tmp_path / "state")
    (tmp_path / "machine-id").write_bytes(text)
    monkeypatch.setattr(module, "MACHINE", tmp_path / "machine-id")

    assert opened(tmp_path / "state") == (first, None)


def test_a_clone_without_its_identity_does_not_end_the_console_of_the_original(tmp_path):
    folder = StateFolder(tmp_path / "state")
    listener = folder.listen()
    address = Path(console_address(folder.path))
    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / "console").write_text(str(address))

    opened(clone)  # it ends before it has a console of its own

    assert address.exists()
    listener.close()
    folder.close()


def machine():
    return module.Path("/etc/machine-id").read_text().strip() if HAS_MACHINE else ""


def test_the_plain_id_of_an_earlier_version_stays(tmp_path):
    (tmp_path / "instance").write_text("0123456789abcdef")

    assert opened(tmp_path) == ("0123456789abcdef", None)
    assert instance(tmp_path) == "0123456789abcdef"
    shutil.copytree(tmp_path, tmp_path / "copy")
    assert opened(tmp_path / "copy")[0] != "0123456789abcdef"


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"{}", b"[1]", b"0123", b'{"id": ""}', b'{"id": "/"}']
)
def test_an_empty_or_garbled_identity_is_replaced(tmp_path, text):
    (tmp_path / "instance").write_bytes(text)
    with pytest.raises(ConfigError, match="cannot be read"):
        instance(tmp_path)

    found, note = opened(tmp_path)
    assert len(found) == 16
    assert "`instance` cannot be read" in note
    assert opened(tmp_path) == (found, None)


def test_a_copy_does_not_talk_to_the_console_of_the_original(tmp_path):
    folder = StateFolder(tmp_path / "state")
    listener = folder.listen()
    shutil.copytree(tmp_path / "state", tmp_path / "copy", ignore=lambda *_: ["console.sock"])
    assert console_address(tmp_path / "state")

    with pytest.raises(NotRunningError, match=r"no supervisor runs with .*/copy"):
        console_address(tmp_path / "copy")
    copy = StateFolder(tmp_path / "copy")
    with pytest.raises(NotRunningError, match="is starting"):
        console_address(tmp_path / "copy")
    copy.close()
    listener.close()
    folder.close()


def test_a_folder_can_be_given_back_although_nothing_can_be_removed(tmp_path):
    folder = StateFolder(tmp_path)
    folder.listen().close()
    note = Path(console_address(tmp_path))
    note.unlink()
    note.mkdir()  # it cannot be unlinked, as on a disk that is read-only

    folder.close()
    assert opened(tmp_path)[0] == folder.instance
