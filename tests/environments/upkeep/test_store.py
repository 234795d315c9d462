from importlib.metadata import version
from pathlib import Path

import pytest

from framework.environments import Environment
from framework.environments.installed import current
from framework.environments.installed.current import Current
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
    """Return a store; kafka is built."""
    fake.make(root, "kafka", fakes.PACKAGE)
    return lambda: fakes.store(root, environments, uv)


@pytest.fixture
def store(look):
    return look()


def test_an_environment_is_used_by_whom_it_would_be_started_for(store):
    assert store.uses == {"kafka": Use(current=("kafka",))}


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


def test_what_was_taken_away_is_built_for_its_users(store, root):
    said = []
    (root / "envs" / "kafka").rename(root / "aside")
    store.build("kafka", said.append)
    assert (root / "envs" / "kafka").exists()
    assert said == ["kafka: creating the environment"]


def test_what_cannot_be_built_for_its_users_is_an_error(store, root, environments):
    environments.failure = BuildUnavailableError("the index is down")
    (root / "envs" / "kafka").rename(root / "aside")
    with pytest.raises(BuildUnavailableError, match="the index is down"):
        store.build("kafka", print)


def test_what_nobody_is_known_to_use_is_built_for_those_who_have_none(store, root):
    store.build("jira", print)  # although `unreadable` fails
    assert (root / "envs" / "jira").exists()
