import os
from pathlib import Path

import pytest

from framework.environments import turns
from framework.environments.installed import built, leases, receipt
from framework.environments.installed.built import InUseError
from tests.fakes import environment as fake


def used(folder: Path, seconds: float) -> None:
    os.utime(folder / receipt.NAME, (seconds, seconds))


def test_the_latest_used_comes_first(root: Path) -> None:
    for number, key in enumerate(("a", "c", "b")):
        used(fake.make(root, key), 1000.0 + number)
    assert [one.key for one in built.read_all(root)] == ["b", "c", "a"]
    assert built.read_all(root)[0].last_used == 1002


def test_a_damaged_environment_has_no_receipt(root: Path) -> None:
    (fake.make(root, "a") / receipt.NAME).write_text("{")
    (fake.make(root, "b") / receipt.NAME).unlink()
    found = {one.key: one for one in built.read_all(root)}
    assert found["a"].receipt is None
    assert found["b"].receipt is None
    assert found["b"].last_used > 1000


def test_without_environments_the_shelf_is_empty(root: Path) -> None:
    assert built.read_all(root) == []
    assert built.read(root / "envs" / "gone").last_used == 0


def test_an_environment_that_nobody_uses_is_taken_down(root: Path) -> None:
    folder = fake.make(root, "key")
    built.take_away(root, built.read(folder), root / "aside")
    assert (root / "aside" / receipt.NAME).exists()
    assert not folder.exists()


def test_an_environment_in_use_stays(root: Path) -> None:
    folder = fake.make(root, "key")
    with leases.shared(folder), pytest.raises(InUseError, match="a process runs in it"):
        built.take_away(root, built.read(folder), root / "aside")
    assert folder.exists()


def test_an_environment_that_is_being_built_stays(root: Path) -> None:
    folder = fake.make(root, "key")
    (root / "locks").mkdir()
    with (root / "locks" / "key").open("a") as file:
        assert turns.taken(file)
        with pytest.raises(InUseError, match="it is being built"):
            built.take_away(root, built.read(folder), root / "aside")


def test_an_environment_without_a_marker_is_taken_down(root: Path) -> None:
    folder = fake.make(root, "key")
    (folder / receipt.NAME).unlink()
    built.take_away(root, built.read(folder), root / "aside")
    assert not folder.exists()


def test_an_environment_that_another_took_is_said_to_be_gone(root: Path) -> None:
    root.mkdir()
    with pytest.raises(InUseError, match="has just removed it"):
        built.take_away(root, built.read(root / "envs" / "key"), root / "aside")
