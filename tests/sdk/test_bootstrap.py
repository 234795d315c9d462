import io
import os
import sys

import pytest

from framework.sdk import bootstrap


def write_msgspec(folder, version: str) -> None:
    (folder / "msgspec").mkdir()
    (folder / "msgspec" / "__init__.py").write_text(f"__version__ = {version!r}\n")


@pytest.fixture
def path(monkeypatch):
    """The import system of a process that has not imported msgspec and cannot find it."""
    for name in [name for name in sys.modules if name.split(".")[0] == "msgspec"]:
        monkeypatch.delitem(sys.modules, name)
    entries = [entry for entry in sys.path if "site-packages" not in entry]
    monkeypatch.setattr(sys, "path", entries)
    return entries


@pytest.fixture
def std_fds(monkeypatch):
    """Put fds 0 to 2 and the streams on them back afterwards."""
    saved = [os.dup(fd) for fd in range(3)]
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), "latin-1"))
    yield
    for fd, copy in enumerate(saved):
        os.dup2(copy, fd)
        os.close(copy)


def test_the_channels_move_and_stray_output_goes_to_stderr(std_fds):
    stdin, stdout, stderr = os.pipe(), os.pipe(), os.pipe()
    os.dup2(stdin[0], 0)
    os.dup2(stdout[1], 1)
    os.dup2(stderr[1], 2)
    commands, answers = bootstrap.private_channels()
    os.write(1, b"stray")
    os.write(answers, b"message")
    os.write(stdin[1], b"request")
    assert os.read(0, 10) == b""
    assert os.read(stderr[0], 100) == b"stray"
    assert os.read(stdout[0], 100) == b"message"
    assert os.read(commands, 100) == b"request"
    assert not os.get_inheritable(commands)
    assert not os.get_inheritable(answers)
    assert (sys.stdout.encoding, sys.stdout.line_buffering) == ("utf-8", True)
    for fd in (*stdin, *stdout, *stderr, commands, answers):
        os.close(fd)


@pytest.mark.parametrize("named", ["", "1", "none"])
def test_a_process_whose_parent_is_another_ends(named):
    pid = os.fork()
    if pid == 0:
        try:
            bootstrap.die_with(named if named != str(os.getppid()) else "0")
        except SystemExit as end:
            os._exit(7 if "not ours" in str(end) else 8)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def test_a_process_stays_with_its_parent():
    parent = str(os.getpid())
    pid = os.fork()
    if pid == 0:
        bootstrap.die_with(parent)
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3


def test_our_msgspec_is_brought_where_the_integration_has_none(path, tmp_path):
    write_msgspec(tmp_path, "0.22.0")
    bootstrap.find_msgspec(str(tmp_path))
    assert path[-1] == str(tmp_path)


@pytest.mark.parametrize("version", ["0.18.0", "0.22.1.dev3", "1.0"])
def test_the_integrations_own_msgspec_stays(path, tmp_path, version):
    write_msgspec(tmp_path, version)
    path.append(str(tmp_path))
    bootstrap.find_msgspec("/ours")
    assert "/ours" not in path


@pytest.mark.parametrize("version", ["0.17.1", "0+unknown"])
def test_an_old_msgspec_ends_with_a_sentence_and_exit_78(path, tmp_path, capsys, version):
    write_msgspec(tmp_path, version)
    path.append(str(tmp_path))
    with pytest.raises(SystemExit) as end:
        bootstrap.find_msgspec("/ours")
    assert end.value.code == 78
    assert f"msgspec {version} is too old: let requirements.txt say" in capsys.readouterr().err
