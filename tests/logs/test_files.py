import os
import stat
from collections import deque
from pathlib import Path

import pytest

from framework.errors import ConfigError
from framework.logs import Logging, files
from framework.logs.files import Files
from framework.settings import Bytes

LINE = b"x" * 99 + b"\n"


@pytest.fixture
def write(tmp_path):
    """Return what writes lines for an owner; ten lines fit into a file, three older ones stay."""
    sink = Files(tmp_path, Logging(size=Bytes(1024), keep=3))

    def write(owner, *lines):
        sink.write(owner, deque(lines))

    return write


def number(count):
    return b"%099d\n" % count


def test_each_integration_has_a_file_and_the_rest_goes_to_another(tmp_path, write):
    write("jira", b"1\n", b"2\n")
    write(files.OWN, b"up\n")
    assert (tmp_path / "logs" / "jira.log").read_bytes() == b"1\n2\n"
    assert (tmp_path / "logs" / "supervisor.log").read_bytes() == b"up\n"
    assert files.owners(tmp_path) == ["jira"]


def test_an_integration_may_be_called_supervisor(tmp_path, write):
    write("supervisor", b"integration\n")
    write(files.OWN, b"own\n")
    assert files.path(tmp_path, "supervisor").read_bytes() == b"integration\n"
    assert files.path(tmp_path).read_bytes() == b"own\n"
    assert files.owners(tmp_path) == ["supervisor"]


def test_only_its_owner_reads_a_log(tmp_path, write):
    write("jira", LINE)
    path = files.path(tmp_path, "jira")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_older_files_stay_as_many_as_were_asked_for(tmp_path, write):
    for count in range(100):
        write("jira", number(count))

    assert sorted(found.name for found in (tmp_path / "logs").iterdir()) == [
        "jira.log", "jira.log.1", "jira.log.2", "jira.log.3",
    ]  # fmt: skip
    kept = [f"jira.log{suffix}" for suffix in (".3", ".2", ".1", "")]
    text = b"".join((tmp_path / "logs" / name).read_bytes() for name in kept)
    assert text == b"".join(number(count) for count in range(60, 100))


def test_many_lines_at_once_are_spread_over_files(tmp_path, write):
    write("jira", *(number(count) for count in range(25)))
    sizes = [files.path(tmp_path, "jira").with_name(f"jira.log{n}").stat().st_size
             for n in (".2", ".1", "")]  # fmt: skip
    assert sizes == [1000, 1000, 500]


def test_a_line_longer_than_a_file_has_one_for_itself(tmp_path, write):
    write("jira", b"1\n", b"x" * 5000 + b"\n", b"2\n")
    folder = tmp_path / "logs"
    assert (folder / "jira.log.2").read_bytes() == b"1\n"
    assert (folder / "jira.log.1").stat().st_size == 5001
    assert (folder / "jira.log").read_bytes() == b"2\n"


def test_files_that_are_too_many_now_go_with_the_next_rotation(tmp_path, write):
    write("jira", *[LINE] * 10)
    for left in (4, 17):
        (tmp_path / "logs" / f"jira.log.{left}").write_bytes(b"old")
    write("jira", LINE)
    assert sorted(found.name for found in (tmp_path / "logs").iterdir()) == [
        "jira.log", "jira.log.1",
    ]  # fmt: skip


def test_a_file_that_was_removed_or_renamed_is_made_again(tmp_path, write):
    path = files.path(tmp_path, "jira")
    write("jira", b"1\n")
    path.rename(tmp_path / "moved")
    write("jira", b"2\n")
    assert path.read_bytes() == b"2\n"
    path.unlink()
    path.parent.rmdir()
    write("jira", b"3\n")
    assert path.read_bytes() == b"3\n"


def test_a_line_that_was_cut_short_does_not_spoil_the_next(tmp_path, write):
    path = files.path(tmp_path, "jira")
    write("jira", b"1\n")
    with path.open("ab") as file:
        file.write(b"hal")
    write("jira", b"2\n")
    assert path.read_bytes() == b"1\nhal\n2\n"


def test_a_full_disk_is_said_and_what_was_not_written_is_left(tmp_path):
    path = files.path(tmp_path, "jira")
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    lines = deque([b"1\n", b"2\n"])
    with pytest.raises(OSError, match="No space left on device"):
        Files(tmp_path, Logging()).write("jira", lines)
    assert list(lines) == [b"1\n", b"2\n"]


def test_a_line_that_only_partly_fits_is_not_written(tmp_path, monkeypatch):
    partly = iter([3])
    real = os.write

    def write(fd, data):
        if (size := next(partly, None)) is None:
            raise OSError(28, "No space left on device")
        return real(fd, data[:size])

    monkeypatch.setattr(os, "write", write)  # no disk is full at a byte of our choice
    lines = deque([b"12345\n"])
    with pytest.raises(OSError, match="No space"):
        Files(tmp_path, Logging()).write("jira", lines)
    assert list(lines) == [b"12345\n"]
    assert files.path(tmp_path, "jira").read_bytes() == b"123"


def test_no_file_stays_open(tmp_path, write):
    write("jira", LINE)
    links = [found for found in Path("/proc/self/fd").iterdir() if found.is_symlink()]
    opened = [str(found.readlink()) for found in links]
    assert not [name for name in opened if name.startswith(str(tmp_path))]


def test_the_owners_are_known_by_their_older_files_too(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for name in ("a.log.1", "b.log", "b.log.2", "c.log.1.log", "notes.txt", "supervisor.log"):
        (folder / name).touch()
    assert files.owners(tmp_path) == ["a", "b", "c.log.1"]


def test_where_nothing_was_logged_there_are_no_owners(tmp_path):
    assert files.owners(tmp_path) == []


def test_a_folder_that_cannot_be_looked_into_is_said(tmp_path):
    (tmp_path / "logs").touch()
    with pytest.raises(ConfigError, match="logs: Not a directory; name another with --state"):
        files.owners(tmp_path)
