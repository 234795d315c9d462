import os
from pathlib import Path

import pytest
from msgspec import structs

from framework.environments.environment import Wanted
from framework.environments.inputs import inputs
from framework.environments.inputs.inputs import Inputs
from framework.environments.inputs.sources import Sources
from framework.environments.lock import lock
from framework.environments.lock.lock import Lock
from framework.environments.lock.locks import EMPTY, Locks
from framework.environments.python import identity
from framework.environments.settings import Installation
from framework.environments.uv.workspace import Workspace
from tests.fakes.uv import FakeUv

PIN = "six==1.17.0 \\\n    --hash=sha256:0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "requirements.txt").write_text("six\n")
    return tmp_path / "kafka"


def of(folder: Path) -> Inputs:
    return inputs.read(Wanted("kafka", folder, Installation()), identity.own(), Sources())


def made_for(its: Inputs, body: str = PIN, floor: int = 0) -> Lock:
    return Lock(its.key(its.floors[floor]), lock.start_of(its), body)


@pytest.fixture
def locks(root: Path, uv: FakeUv) -> Locks:
    return Locks(root, Workspace(root, uv.path, "", 60.0))


def test_a_lock_is_found_once_it_is_kept(locks: Locks, folder: Path) -> None:
    its = of(folder)
    assert locks.found(its) is None
    locks.keep(its, made_for(its))
    assert locks.found(its) == made_for(its)


def test_a_lock_for_newer_pythons_alone_is_found_too(locks: Locks, folder: Path) -> None:
    its = structs.replace(of(folder), python=structs.replace(identity.own(), version="3.13.1 (x)"))
    locks.keep(its, made_for(its, floor=1))
    assert locks.found(its) == made_for(its, floor=1)
    older = structs.replace(its, python=structs.replace(identity.own(), version="3.12.1 (x)"))
    assert locks.found(older) is None


def test_nothing_is_locked_without_requirements(locks: Locks, folder: Path) -> None:
    (folder / "requirements.txt").write_text("")
    assert locks.found(of(folder)) == EMPTY


@pytest.mark.parametrize("content", [b"", b"\xff", b"# inputs: other\nsix==1\n"])
def test_a_lock_that_is_damaged_counts_as_none(
    locks: Locks, folder: Path, tmp_path: Path, content: bytes
) -> None:
    its = of(folder)
    locks.keep(its, made_for(its))
    (path,) = tmp_path.glob("environments/locks/in-use/kafka/*.lock")
    path.write_bytes(content)
    assert locks.found(its) is None
    assert locks.elsewhere(its) is None


def test_an_equal_lock_of_another_integration_is_found(
    locks: Locks, folder: Path, tmp_path: Path
) -> None:
    locks.keep(of(folder), made_for(of(folder)))
    other = tmp_path / "jira"
    other.mkdir()
    (other / "requirements.txt").write_text("six\n")
    assert locks.found(of(other)) is None
    assert locks.elsewhere(of(other)) == made_for(of(folder))


def test_the_newest_lock_in_use_is_where_resolving_starts(
    locks: Locks, folder: Path, tmp_path: Path
) -> None:
    assert locks.start(of(folder)) == EMPTY
    locks.keep(of(folder), made_for(of(folder)))
    (first,) = tmp_path.glob("environments/locks/in-use/kafka/*.lock")
    os.utime(first, (1, 1))
    (folder / "requirements.txt").write_text("six\nidna\n")
    locks.keep(of(folder), made_for(of(folder), "newer\n"))
    (folder / "requirements.txt").write_text("toml\n")
    assert locks.start(of(folder)).body == "newer\n"


def test_a_committed_lock_that_fits_is_where_an_upgrade_starts(locks: Locks, folder: Path) -> None:
    locks.keep(of(folder), made_for(of(folder), "old\n"))
    lock.commit(of(folder), made_for(of(folder), PIN))
    assert locks.start(of(folder)).body == PIN
    assert locks.found(of(folder)) == made_for(of(folder))
