import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from framework import files

Replace = Callable[..., None]


@pytest.fixture(params=[files.replace, files.replace_durably])
def replace(request: pytest.FixtureRequest) -> Replace:
    return request.param


def test_a_file_is_made_for_its_owner_alone_whatever_the_umask(
    tmp_path: Path, replace: Replace
) -> None:
    path, before = tmp_path / "note", os.umask(0)
    try:
        replace(path, b"new")
    finally:
        os.umask(before)

    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_another_mode_can_be_asked_for(tmp_path: Path, replace: Replace) -> None:
    replace(tmp_path / "note", b"new", 0o644)

    assert stat.S_IMODE((tmp_path / "note").stat().st_mode) == 0o644


def test_who_reads_the_old_file_goes_on_reading_it(tmp_path: Path, replace: Replace) -> None:
    path = tmp_path / "note"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        replace(path, b"new and longer")
        assert reader.read() == b"old"

    assert path.read_bytes() == b"new and longer"


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, replace: Replace
) -> None:
    path = tmp_path / "note"
    (path / "inside").mkdir(parents=True)  # a folder cannot be replaced by a file

    with pytest.raises(OSError, match="note"):
        replace(path, b"new")

    assert [one.name for one in tmp_path.iterdir()] == ["note"]


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, replace: Replace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "note"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fchmod", _no_space)

    with pytest.raises(OSError, match="No space left"):
        replace(path, b"new")

    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["note"]


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_private_folder_is_made_with_all_that_is_missing_above_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files.make_private(tmp_path / "a" / "b")
        files.make_private(tmp_path / "a" / "b")
    finally:
        os.umask(before)

    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_was_open_becomes_private_and_those_above_it_stay(tmp_path: Path) -> None:
    above = tmp_path / "a"
    (above / "b").mkdir(parents=True)
    above.chmod(0o755)
    files.make_private(above / "b")

    assert stat.S_IMODE((above / "b").stat().st_mode) == 0o700
    assert stat.S_IMODE(above.stat().st_mode) == 0o755
