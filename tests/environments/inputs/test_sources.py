import os
from pathlib import Path

import pytest

from framework.environments.inputs import sources
from framework.environments.inputs.sources import Source, Sources
from framework.errors import BuildUnavailableError


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine" / "src").mkdir(parents=True)
    (tmp_path / "mine" / "src" / "code.py").write_text("X = 1")
    (tmp_path / "mine" / "pyproject.toml").write_text("[project]")
    return tmp_path / "mine"


def digest(path: Path) -> str:
    return Sources().look(path).digest


def test_a_change_in_a_file_is_a_change(mine: Path) -> None:
    before = digest(mine)
    (mine / "src" / "code.py").write_text("X = 2")
    assert digest(mine) != before


def test_another_name_is_a_change(mine: Path) -> None:
    before = digest(mine)
    (mine / "src" / "code.py").rename(mine / "src" / "other.py")
    assert digest(mine) != before


@pytest.mark.parametrize(
    "made", ["build/x.py", "src/mine.egg-info/x", "src/__pycache__/x.pyc", ".git/HEAD", "src/a.pyc"]
)
def test_what_tools_make_beside_the_sources_does_not_count(mine: Path, made: str) -> None:
    before = digest(mine)
    (mine / made).parent.mkdir(parents=True, exist_ok=True)
    (mine / made).write_text("made")
    assert digest(mine) == before


def test_a_package_may_be_called_build(mine: Path) -> None:
    before = digest(mine)
    (mine / "src" / "build").mkdir()
    (mine / "src" / "build" / "x.py").touch()
    assert digest(mine) != before


def test_a_new_time_of_the_same_content_is_no_change(mine: Path) -> None:
    known = Sources()
    before = known.look(mine)
    os.utime(mine / "src" / "code.py", ns=(1, 1))
    assert known.look(mine) == before


def test_a_second_look_reads_nothing(mine: Path) -> None:
    known = Sources()
    before = known.look(mine)
    found = (mine / "src" / "code.py").stat()
    (mine / "src" / "code.py").write_text("X = 2")
    os.utime(mine / "src" / "code.py", ns=(found.st_atime_ns, found.st_mtime_ns))
    assert known.look(mine) == before


def test_a_single_file_is_a_source_too(tmp_path: Path) -> None:
    wheel = tmp_path / "mine.whl"
    wheel.write_text("1")
    before = digest(wheel)
    wheel.write_text("22")
    assert digest(wheel) != before
    copied = sources.copy(Sources().look(wheel), tmp_path / "copy")
    assert copied.read_text() == "22"


def test_a_missing_source_has_a_digest_until_it_is_there(mine: Path, tmp_path: Path) -> None:
    assert digest(tmp_path / "gone") == sources.ABSENT
    assert digest(mine) != sources.ABSENT
    absent = Sources().look(tmp_path / "gone")
    assert sources.copy(absent, tmp_path / "copy") == tmp_path / "copy" / "gone"


def test_a_copy_holds_what_counts(mine: Path, tmp_path: Path) -> None:
    (mine / "build").mkdir()
    copied = sources.copy(Sources().look(mine), tmp_path / "copy")
    assert (copied / "src" / "code.py").read_text() == "X = 1"
    assert not (copied / "build").exists()


def test_what_was_changed_since_it_was_looked_at_is_not_copied(mine: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildUnavailableError, match="was changed at this moment"):
        sources.copy(Source(mine, "0"), tmp_path / "copy")
