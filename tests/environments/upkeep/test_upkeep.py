import os

import pytest

from framework.environments.installed import leases, receipt
from framework.environments.upkeep import damage
from framework.environments.upkeep import upkeep as commands
from framework.errors import BuildUnavailableError
from tests.fakes import environment as fake
from tests.fakes import environments as fakes
from tests.fakes.environments import FakeEnvironments


@pytest.fixture
def environments(root):
    return FakeEnvironments(root)


@pytest.fixture
def store(root, environments, uv):
    fake.make(root, "kafka", fakes.PACKAGE)
    return fakes.store(root, environments, uv)


def aged(root, key):
    folder = fake.make(root, key, "idna==3.10")
    os.utime(folder / receipt.NAME, (1000, 1000))
    return folder


def broken(root):
    module = fake.module(root / "envs" / "kafka", "six")
    module.unlink()
    return module


def test_each_environment_is_listed(store, root):
    aged(root, "old")
    assert [(row.key, row.used_by) for row in commands.listed(store)] == [
        ("kafka", ("kafka",)),
        ("old", ()),
    ]


def test_what_would_go_stays(store, root, uv):
    old = aged(root, "old")
    would = commands.collectable(store, 7)
    assert [row.key for row in would.environments] == ["old"]
    assert (would.dry_run, would.freed > 0) == (True, True)
    assert old.exists()
    assert uv.calls == []


def test_what_goes_is_told_and_the_cache_tidied_up(store, root, uv):
    old, said = aged(root, "old"), []
    done = commands.collected(store, 7, said.append)
    assert [row.key for row in done.environments] == ["old"]
    assert (done.dry_run, done.trouble) == (False, None)
    assert not old.exists()
    assert said == ["old: removing it", "tidying uv's cache up"]
    assert uv.calls == ["cache clean idna", "cache prune"]


def test_old_locks_go_with_what_was_built_from_them(store, root):
    (aged(root, "old") / ".lock.txt").write_text("idna==3.10\n")
    folder = root / "locks" / "in-use" / "kafka"
    folder.mkdir(parents=True)
    (folder / "new.lock").write_text("six==1.17.0\n")
    old = folder / "old.lock"
    old.write_text("# inputs: x\nidna==3.10\n")
    os.utime(old, (1000, 1000))
    assert commands.collectable(store, 7).locks == [str(old)]
    assert old.exists()
    assert commands.collected(store, 7, print).locks == [str(old)]
    assert [path.name for path in folder.iterdir()] == ["new.lock"]


def test_a_cache_that_cannot_be_tidied_up_is_told_beside_what_went(store, root, uv):
    aged(root, "old")
    uv.then("prune", "exit 2")
    done = commands.collected(store, 7, print)
    assert [row.key for row in done.environments] == ["old"]
    assert done.trouble is not None
    assert "uv cache prune" in done.trouble


def test_the_healthy_are_healthy(store):
    done = commands.examined(store, damage.by_size, print)
    assert (done.examined, done.damaged, done.healthy) == (1, [], True)
    assert commands.repaired(store, damage.by_hash, print) == done


def test_a_damaged_environment_is_shown_with_its_users(store, root):
    broken(root)
    done = commands.examined(store, damage.by_size, print)
    (case,) = done.damaged
    assert (case.key, case.used_by, case.outcome) == ("kafka", ("kafka",), "damaged")
    assert [(one.path, one.what) for one in case.damages] == [("six.py", "missing")]
    assert not done.healthy


def test_a_damaged_environment_is_repaired_for_its_users(store, root):
    module = broken(root)
    done = commands.repaired(store, damage.by_size, print)
    assert [case.outcome for case in done.damaged] == ["repaired"]
    assert done.healthy
    assert module.exists()


def test_a_repair_that_fails_is_not_healthy(store, root, environments):
    broken(root)
    environments.failure = BuildUnavailableError("the index is down")
    done = commands.repaired(store, damage.by_size, print)
    assert [(case.outcome, case.reason) for case in done.damaged] == [
        ("failed", "the index is down")
    ]
    assert not done.healthy


def test_a_damaged_environment_in_use_is_not_healthy(store, root):
    broken(root)
    with leases.shared(root / "envs" / "kafka"):
        done = commands.repaired(store, damage.by_size, print)
    assert [case.outcome for case in done.damaged] == ["in use"]
    assert not done.healthy
