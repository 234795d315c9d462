import os
from importlib.metadata import version
from pathlib import Path

import pytest

from framework.environments import Environment
from framework.environments.installed import current, leases, receipt
from framework.environments.installed.current import Current
from framework.environments.upkeep import damage
from framework.environments.upkeep.uses import Use
from framework.errors import BuildUnavailableError, FrameworkError
from tests.fakes import environment as fake
from tests.fakes import environments as fakes
from tests.fakes.environments import FakeEnvironments


@pytest.fixture
def environments(root):
    return FakeEnvironments(root)


@pytest.fixture
def look(root, environments, uv):
    """Return the upkeep of now; kafka is built."""
    fake.make(root, "kafka", fakes.PACKAGE)
    return lambda: fakes.upkeep(root, environments, uv)


@pytest.fixture
def upkeep(look):
    return look()


def aged(root, key):
    folder = fake.make(root, key, "idna==3.10")
    os.utime(folder / receipt.NAME, (1000, 1000))
    return folder


def broken(root):
    module = fake.module(root / "envs" / "kafka", "six")
    module.unlink()
    return module


def test_each_environment_is_listed(upkeep, root):
    aged(root, "old")
    assert [(row.key, row.used_by) for row in upkeep.rows()] == [
        ("kafka", ("kafka",)),
        ("old", ()),
    ]


def test_what_would_go_stays(upkeep, root, uv):
    old = aged(root, "old")
    would = upkeep.collectable(7)
    assert [row.key for row in would.environments] == ["old"]
    assert (would.dry_run, would.freed > 0) == (True, True)
    assert old.exists()
    assert uv.calls == []


def test_what_goes_is_told_and_the_cache_tidied_up(upkeep, root, uv):
    old, said = aged(root, "old"), []
    done = upkeep.collect(7, said.append)
    assert [row.key for row in done.environments] == ["old"]
    assert (done.dry_run, done.trouble) == (False, None)
    assert not old.exists()
    assert said == ["old: removing it", "tidying uv's cache up"]
    assert uv.calls == ["cache clean idna", "cache prune"]


def test_old_locks_go_with_what_was_built_from_them(upkeep, root):
    (aged(root, "old") / ".lock.txt").write_text("idna==3.10\n")
    folder = root / "locks" / "in-use" / "kafka"
    folder.mkdir(parents=True)
    (folder / "new.lock").write_text("six==1.17.0\n")
    old = folder / "old.lock"
    old.write_text("# inputs: x\nidna==3.10\n")
    os.utime(old, (1000, 1000))
    assert upkeep.collectable(7).locks == [str(old)]
    assert old.exists()
    assert upkeep.collect(7, print).locks == [str(old)]
    assert [path.name for path in folder.iterdir()] == ["new.lock"]


def test_a_cache_that_cannot_be_tidied_up_is_told_beside_what_went(upkeep, root, uv):
    aged(root, "old")
    uv.then("prune", "exit 2")
    done = upkeep.collect(7, print)
    assert [row.key for row in done.environments] == ["old"]
    assert done.trouble is not None
    assert "uv cache prune" in done.trouble


def test_the_healthy_are_healthy(upkeep):
    done = upkeep.examine(damage.by_size, print)
    assert (done.examined, done.damaged, done.healthy) == (1, [], True)
    assert upkeep.repair(damage.by_hash, print) == done


def test_a_damaged_environment_is_shown_with_its_users(upkeep, root):
    broken(root)
    done = upkeep.examine(damage.by_size, print)
    (case,) = done.damaged
    assert (case.key, case.used_by, case.outcome) == ("kafka", ("kafka",), "damaged")
    assert [(one.path, one.what) for one in case.damages] == [("six.py", "missing")]
    assert not done.healthy


def test_a_damaged_environment_is_repaired_for_its_users(upkeep, root):
    module = broken(root)
    done = upkeep.repair(damage.by_size, print)
    assert [case.outcome for case in done.damaged] == ["repaired"]
    assert done.healthy
    assert module.exists()


def test_a_repair_that_fails_is_not_healthy(upkeep, root, environments):
    broken(root)
    environments.failure = BuildUnavailableError("the index is down")
    done = upkeep.repair(damage.by_size, print)
    assert [(case.outcome, case.reason) for case in done.damaged] == [
        ("failed", "the index is down")
    ]
    assert not done.healthy


def test_a_damaged_environment_in_use_is_not_healthy(upkeep, root):
    broken(root)
    with leases.shared(root / "envs" / "kafka"):
        done = upkeep.repair(damage.by_size, print)
    assert [case.outcome for case in done.damaged] == ["in use"]
    assert not done.healthy


# --- uses


def test_an_environment_is_used_by_whom_it_would_be_started_for(upkeep):
    assert upkeep.uses == {"kafka": Use(current=("kafka",))}


def of(key):
    return Environment(key, Path("/envs", key), Path("/envs/sdk"))


def note(root, identifier, noted):
    current.write(current.path(root, identifier), noted)


def test_what_a_supervisor_noted_is_used_as_well(look, root):
    note(root, "jira", Current(of("j2"), of("j1"), 1))
    note(root, "gone", Current(of("g1")))
    assert look().uses == {
        "kafka": Use(current=("kafka",)),
        "j2": Use(current=("jira",)),
        "j1": Use(previous=("jira",)),
    }


def test_notes_that_cannot_be_read_are_an_error_with_a_cure(look, root):
    place = current.path(root, "jira")
    place.parent.mkdir()
    place.write_text("[")
    with pytest.raises(FrameworkError, match=r"jira\.json cannot be read: .* remove it"):
        look()


def test_the_msgspec_of_the_sdk_is_used_by_all(look, root):
    fake.make(root, "sdk", f"msgspec=={version('msgspec')}")
    assert look().uses["sdk"] == Use(current=("kafka",))


def test_what_was_taken_away_is_built_for_its_users(upkeep, root):
    said = []
    (root / "envs" / "kafka").rename(root / "aside")
    upkeep.build("kafka", said.append)
    assert (root / "envs" / "kafka").exists()
    assert said == ["kafka: creating the environment"]


def test_what_cannot_be_built_for_its_users_is_an_error(upkeep, root, environments):
    environments.failure = BuildUnavailableError("the index is down")
    (root / "envs" / "kafka").rename(root / "aside")
    with pytest.raises(BuildUnavailableError, match="the index is down"):
        upkeep.build("kafka", print)


def test_what_nobody_is_known_to_use_is_built_for_those_who_have_none(upkeep, root):
    upkeep.build("jira", print)  # although `unreadable` fails
    assert (root / "envs" / "jira").exists()
