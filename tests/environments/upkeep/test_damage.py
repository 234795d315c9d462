from pathlib import Path

import pytest

from framework.environments.installed import built
from framework.environments.upkeep import damage
from framework.environments.upkeep.damage import CHANGED, MISSING, UNREADABLE, Damage
from tests.fakes import environment as fake


@pytest.fixture
def folder(root: Path) -> Path:
    return fake.make(root, "key", "six==1.17.0", "Other_Name==1.0")


def found(folder: Path, sound: damage.Sound = damage.by_size) -> list[Damage]:
    receipt = built.read(folder).receipt
    assert receipt is not None
    return list(damage.found(folder, receipt, sound))


@pytest.mark.parametrize("sound", [damage.by_size, damage.by_hash])
def test_what_is_as_it_was_installed_is_not_damaged(folder: Path, sound: damage.Sound) -> None:
    assert found(folder, sound) == []


def test_a_file_that_is_gone_is_missing(folder: Path) -> None:
    fake.module(folder, "six").unlink()
    assert found(folder) == [Damage("six.py", MISSING, "six")]


def test_a_file_of_another_size_is_changed(folder: Path) -> None:
    fake.module(folder, "Other_Name").write_text("")
    assert found(folder) == [Damage("Other_Name.py", CHANGED, "other-name")]


def test_another_content_of_the_same_size_is_seen_by_its_hash_only(folder: Path) -> None:
    module = fake.module(folder, "six")
    module.write_text(module.read_text().replace("six", "xis"))
    assert found(folder) == []
    assert found(folder, damage.by_hash) == [Damage("six.py", CHANGED, "six")]


def test_a_file_that_is_a_folder_now_cannot_be_read(folder: Path) -> None:
    module = fake.module(folder, "six")
    module.unlink()
    module.mkdir()
    assert found(folder, damage.by_hash) == [Damage("six.py", UNREADABLE, "six")]


@pytest.mark.parametrize("content", ["", "\udcff"])
def test_a_package_without_a_readable_record_is_damaged(folder: Path, content: str) -> None:
    record = folder / fake.SITE_PACKAGES / "six-1.17.0.dist-info" / "RECORD"
    record.write_bytes(content.encode(errors="surrogateescape"))
    assert found(folder) == [Damage("six-1.17.0.dist-info/RECORD", MISSING, "six")]


def test_a_package_that_is_gone_is_damaged(folder: Path) -> None:
    (folder / fake.SITE_PACKAGES / "six-1.17.0.dist-info").rename(folder / "elsewhere")
    assert found(folder) == [Damage("six.dist-info/RECORD", MISSING, "six")]


@pytest.mark.parametrize("row", ["six.py", "six.py,sha256=x,many", "six.py,none=x,1"])
def test_a_row_that_is_none_is_a_change(folder: Path, row: str) -> None:
    record = folder / fake.SITE_PACKAGES / "six-1.17.0.dist-info" / "RECORD"
    record.write_text(row + "\n")
    assert found(folder, damage.by_hash) == [Damage("six.py", CHANGED, "six")]


def test_an_environment_whose_python_is_gone_is_damaged(folder: Path) -> None:
    python = folder / "bin" / "python"
    python.unlink()
    python.symlink_to(folder / "no-such-python")
    (folder / "pyvenv.cfg").unlink()
    assert found(folder) == [Damage("bin/python", MISSING), Damage("pyvenv.cfg", MISSING)]
