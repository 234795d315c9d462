import os
from pathlib import Path
from threading import Event

import pytest

from framework.environments import Environments
from framework.environments.installed import built, leases, receipt
from framework.environments.upkeep import collect
from framework.environments.upkeep.uses import Use
from framework.environments.uv.installer import Uv
from tests.fakes import environment as fake
from tests.fakes.uv import FakeUv

LONG_AGO = 1000.0


@pytest.fixture
def old(root: Path) -> Path:
    return aged(fake.make(root, "old", "six==1.17.0"))


def aged(folder: Path) -> Path:
    os.utime(folder / receipt.NAME, (LONG_AGO, LONG_AGO))
    return folder


def due(root: Path, uses: dict[str, Use] | None = None) -> list[str]:
    return [one.key for one in collect.due(built.read_all(root), uses or {}, LONG_AGO + 1)]


def test_what_nobody_used_for_a_while_is_due(root: Path, old: Path) -> None:
    fake.make(root, "young")
    assert due(root) == ["old"]


def test_what_an_integration_needs_or_may_go_back_to_is_never_due(root: Path, old: Path) -> None:
    assert due(root, {"old": Use(current=("kafka",))}) == []
    assert due(root, {"old": Use(previous=("kafka",))}) == []


def test_what_a_process_runs_in_is_not_due(root: Path, old: Path) -> None:
    with leases.shared(old):
        assert due(root) == []


def test_what_is_collected_is_gone(root: Path, old: Path) -> None:
    gone = list(collect.collect(root, built.read_all(root)))
    assert [one.key for one in gone] == ["old"]
    assert not old.exists()
    assert list(root.glob("build/*")) == []


def test_what_is_used_at_the_last_moment_stays(root: Path, old: Path) -> None:
    candidates = built.read_all(root)
    with leases.shared(old):
        assert list(collect.collect(root, candidates)) == []
    assert old.exists()


def test_the_cache_forgets_only_what_no_environment_holds(root: Path, uv: FakeUv) -> None:
    fake.make(root, "gone", "six==1.16.0", "Idna_X==3.0", "toml==1")
    gone = list(collect.collect(root, built.read_all(root)))
    fake.make(root, "left", "six==1.17.0", "toml==1")
    cache = root / "uv-cache"
    cache.mkdir()
    (cache / "file").write_bytes(b"x" * 100_000)
    uv.then("prune", f"rm {cache}/file")

    freed = collect.tidy(Uv(uv.path, cache), gone, built.read_all(root), Event())

    assert uv.calls == ["cache clean idna-x", "cache prune"]
    assert freed >= 100_000


def test_the_cache_is_pruned_although_nothing_went(root: Path, uv: FakeUv) -> None:
    collect.tidy(Uv(uv.path, root / "uv-cache"), [], [], Event())
    assert uv.calls == ["cache prune"]


def lock(root: Path, name: str, body: str, seconds: float) -> Path:
    path = root / "locks" / "in-use" / "kafka" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# inputs: {name}\n{body}")
    os.utime(path, (seconds, seconds))
    return path


def test_locks_that_no_environment_was_built_from_are_old_but_for_the_latest(root: Path) -> None:
    needed = lock(root, "1.lock", "six==1.17.0\n", 1)
    (fake.make(root, "key") / ".lock.txt").write_text("# inputs: else\nsix==1.17.0\n")
    fake.make(root, "odd")
    old = lock(root, "2.lock", "six==1.16.0\n", 2)
    lock(root, "3.lock", "six==1.15.0\n", 30)
    latest = lock(root, "4.lock", "six==1.14.0\n", 4)
    os.utime(latest, (40, 40))
    assert list(collect.old_locks(root, built.read_all(root), 20)) == [old]
    assert needed.exists()


def test_what_a_killed_collection_left_is_swept_at_the_next_start(
    root: Path, environments: Environments
) -> None:
    (root / "locks").mkdir(parents=True)
    (root / "build" / "collected-x1" / "env").mkdir(parents=True)
    assert environments.sweep() == 1
    assert list(root.glob("build/*")) == []
